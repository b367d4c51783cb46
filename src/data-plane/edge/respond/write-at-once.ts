import type { ClientConnection } from '../receive/listener.ts';

/** Bodies up to this go out with their head, in one write. */
export const ONE_WRITE_BYTES = 16 * 1024;
const SCRATCH_BYTES = 2 * ONE_WRITE_BYTES;

let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/** Where an answer goes; with TLS what is written is not what was accepted. */
type Target = Pick<ClientConnection, 'socket' | 'accepted'>;

/**
 * A head in two pieces and a body of at most `ONE_WRITE_BYTES`, to be written with one system call,
 * and told by `written`. They are put together where the last answer was, so that nothing of their
 * length is allocated: a text of all would be, and thrown away.
 */
export function gather(
  { socket, accepted }: Target,
  front: string | Uint8Array,
  last: string,
  body: Uint8Array | null,
): Buffer {
  const bodyAt = front.length + last.length;
  const length = bodyAt + (body?.length ?? 0);
  // TLS takes nothing at once.
  const isScratch = socket === accepted && length <= SCRATCH_BYTES;
  const into = isScratch ? scratch : Buffer.allocUnsafe(length);
  if (typeof front === 'string') into.write(front, 0, 'latin1');
  else into.set(front, 0);
  into.write(last, front.length, 'latin1');
  if (body !== null) into.set(body, bodyAt);
  return length === into.length ? into : into.subarray(0, length);
}

/** What was gathered has been written: what the kernel has not taken at once is read from there. */
export function written({ socket, accepted }: Target): void {
  if (socket === accepted && socket.writableLength > 0) {
    scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  }
}
