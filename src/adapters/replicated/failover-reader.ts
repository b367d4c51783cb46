import { Readable } from 'node:stream';
import type { BlobReader } from '../../ports/blobs/port.ts';
import type { Clock } from '../../ports/clock/port.ts';

/**
 * A reader that goes on with the next store where one fails or gives nothing for `stallMs`, from
 * the very byte: stores hold the same bytes. `others` are opened only then.
 */
export function failoverReader(
  first: BlobReader,
  others: readonly (() => Promise<BlobReader | null>)[],
  stallMs: number,
  clock: Clock,
): BlobReader {
  const { bytes } = first;
  return {
    bytes,
    read: (start = 0, end = bytes) =>
      Readable.from(readOn(first, others, start, end, stallMs, clock), { objectMode: false }),
  };
}

async function* readOn(
  first: BlobReader,
  others: readonly (() => Promise<BlobReader | null>)[],
  start: number,
  end: number,
  stallMs: number,
  clock: Clock,
): AsyncGenerator<Uint8Array> {
  let at = start;
  let failure: unknown = null;
  for (const open of [() => Promise.resolve(first), ...others]) {
    try {
      const reader = await open();
      if (reader === null) continue;
      for await (const chunk of inTime(reader.read(at, end), stallMs, clock)) {
        at += chunk.length;
        yield chunk;
      }
      // A file that was cut short ends as if it were whole.
      if (at >= end) return;
      failure ??= new Error(`the store ended at byte ${at} of ${end}`);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

async function* inTime(
  stream: Readable,
  stallMs: number,
  clock: Clock,
): AsyncGenerator<Uint8Array> {
  const late = (): void => void stream.destroy(new Error('the store gives nothing any more'));
  let timer = clock.after(stallMs, late);
  try {
    for await (const chunk of stream) {
      timer.cancel();
      yield chunk as Uint8Array;
      // What the client takes long for is not the store's fault.
      timer = clock.after(stallMs, late);
    }
  } finally {
    timer.cancel();
  }
}
