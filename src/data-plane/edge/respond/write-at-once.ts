import type { ClientConnection } from '../receive/listener.ts';

/** Bodies up to this go out with their head, in one write. */
export const ONE_WRITE_BYTES = 16 * 1024;
const SCRATCH_BYTES = 2 * ONE_WRITE_BYTES;

let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/**
 * Writes a head in two pieces and a body of at most `ONE_WRITE_BYTES` with one system call; false
 * where the socket wants no more for now. They are put together where the last answer was, so that
 * nothing of their length is allocated: a text of all would be, and thrown away.
 */
export function writeAtOnce(
  { socket, accepted }: Pick<ClientConnection, 'socket' | 'accepted'>,
  front: string | Uint8Array,
  last: string,
  body: Uint8Array | null,
): boolean {
  const bodyAt = front.length + last.length;
  const length = bodyAt + (body?.length ?? 0);
  // TLS takes nothing at once.
  const isScratch = socket === accepted && length <= SCRATCH_BYTES;
  const into = isScratch ? scratch : Buffer.allocUnsafe(length);
  if (typeof front === 'string') into.write(front, 0, 'latin1');
  else into.set(front, 0);
  into.write(last, front.length, 'latin1');
  if (body !== null) into.set(body, bodyAt);
  const isTaken = socket.write(length === into.length ? into : into.subarray(0, length));
  // What the kernel has not taken at once will be read from there.
  if (isScratch && socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  return isTaken;
}
