import { Socket } from 'node:net';

/** Called with a buffer and how much of it has come; it is used again once this returns. */
export type TakeBytes = (buffer: Buffer, length: number) => void;

/** As much as Node reads at once. */
const shared = Buffer.allocUnsafeSlow(64 * 1024);

/** A socket as Node keeps it: what `onread` was given lies under two symbols. */
type Innards = Record<symbol, unknown> & {
  readonly _handle?: { useUserBuffer?(buffer: Buffer): void } | null;
};

/** Where Node's sockets keep buffer and callback of `onread`; null where they do not. */
const places = findPlaces();

/**
 * Has all that comes on a socket read into one buffer, shared by all, where Node would make a new
 * one each time: at tens of thousands of requests a second those cost more than what is in them.
 * Of a socket that it opens Node does so by the option `onread`; to one that it accepts no option
 * can be given, so this does what that option does.
 *
 * `take` is called from now on, until what is returned is called: then all that comes goes the way
 * of any stream. Null where this Node is made otherwise; nothing has changed then.
 */
export function readInPlace(socket: Socket, take: TakeBytes): (() => void) | null {
  const innards = socket as unknown as Innards;
  const handle = innards._handle;
  if (places === null || typeof handle?.useUserBuffer !== 'function') return null;
  let isInPlace = true;
  innards[places.buffer] = shared;
  innards[places.callback] = (length: number): boolean => {
    // False asks to read no more for now.
    if (!isInPlace) return socket.push(Buffer.from(shared.subarray(0, length)));
    take(shared, length);
    return true;
  };
  handle.useUserBuffer(shared);
  return () => {
    isInPlace = false;
  };
}

function findPlaces(): { readonly buffer: symbol; readonly callback: symbol } | null {
  const callback = (): boolean => true;
  const probe = new Socket({ onread: { buffer: shared, callback } }) as unknown as Innards;
  const symbols = Object.getOwnPropertySymbols(probe);
  const place = (value: unknown): symbol | undefined =>
    symbols.find((symbol) => probe[symbol] === value);
  const [bufferAt, callbackAt] = [place(shared), place(callback)];
  return bufferAt === undefined || callbackAt === undefined
    ? null
    : { buffer: bufferAt, callback: callbackAt };
}
