import { Readable } from 'node:stream';
import { missingBlob, type Content } from '../../../contract/frontend-release.ts';
import type { BlobReader } from '../../../ports/blobs/port.ts';
import type { ByteRange } from './byte-ranges.ts';
import type { BlobSource } from './kept-copies.ts';

/** A place in memory, which outlives what it holds: who keeps it looks each time. */
export interface Holding {
  /** Null once the memory was wanted for others. */
  bytes: Uint8Array | null;
  /** To be set on each use, so that what is hot stays. */
  used: boolean;
}

export interface Held {
  readonly bytes: Uint8Array;
  readonly holding: Holding;
}

/** Bytes of our own, or a range of the content's. */
export type Piece = Uint8Array | ByteRange;

export interface ContentStore {
  /** Whole content that is short; null when it is too long to hold. */
  hold(content: Content): Promise<Held> | null;
  /** Begins to hold these; what cannot be is found out by whoever asks for it. */
  warm(contents: readonly Content[]): void;
  /** Pieces of content of any length, in order; what is long is read as the client takes it. */
  read(content: Content, pieces: readonly Piece[]): Promise<Uint8Array | Readable>;
}

/** Longer content would push everything else out of memory for one client's sake. */
const longestHeldBytes = 262_144;

/**
 * The contents that workers serve: short ones kept in bounded memory, long ones streamed.
 *
 * All of it was verified by the blobs port before a byte is used. A lost or damaged blob rejects
 * before the answer has begun: wrong bytes are never served.
 */
export function createContentStore(blobs: BlobSource, memoryBytes: number): ContentStore {
  const held = new Map<string, Held>();
  const loading = new Map<string, Promise<Held>>();
  let heldBytes = 0;

  const readBlob = async (digest: string): Promise<Uint8Array> => {
    const bytes = await blobs.get(digest);
    if (bytes === null) throw missingBlob(digest);
    return bytes;
  };

  /**
   * Second chance: an entry that was used since it was last looked at goes to the back of the
   * queue.
   */
  const makeRoom = (wantedBytes: number): void => {
    for (const [digest, entry] of held) {
      if (heldBytes + wantedBytes <= memoryBytes) return;
      held.delete(digest);
      if (entry.holding.used) {
        entry.holding.used = false;
        held.set(digest, entry);
        continue;
      }
      heldBytes -= entry.bytes.length;
      entry.holding.bytes = null;
    }
  };

  const load = async (digest: string): Promise<Held> => {
    const bytes = await readBlob(digest);
    makeRoom(bytes.length);
    const entry = { bytes, holding: { bytes, used: false } };
    held.set(digest, entry);
    heldBytes += bytes.length;
    return entry;
  };

  const hold = ({ digest, bytes }: Content): Promise<Held> | null => {
    if (bytes > longestHeldBytes || bytes > memoryBytes) return null;
    const entry = held.get(digest);
    if (entry !== undefined) return Promise.resolve(entry);
    const underway = loading.get(digest);
    if (underway !== undefined) return underway;
    const started = load(digest).finally(() => loading.delete(digest));
    loading.set(digest, started);
    return started;
  };

  return {
    hold,
    warm: (contents) => {
      for (const content of contents) hold(content)?.catch(() => undefined);
    },
    read: async (content, pieces) => {
      const entry = await hold(content);
      if (entry !== null) return concatenate(entry.bytes, pieces);
      const reader = await blobs.openRead(content.digest);
      if (reader === null) throw missingBlob(content.digest);
      return Readable.from(chain(reader, pieces), { objectMode: false });
    },
  };
}

function concatenate(bytes: Uint8Array, pieces: readonly Piece[]): Uint8Array {
  return Buffer.concat(
    pieces.map((piece) =>
      piece instanceof Uint8Array ? piece : bytes.subarray(piece.start, piece.end),
    ),
  );
}

async function* chain(reader: BlobReader, pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) yield piece;
    else yield* reader.read(piece.start, piece.end);
  }
}
