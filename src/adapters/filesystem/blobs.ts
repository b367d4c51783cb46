import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { TurnoutError } from '../../lib/errors.ts';
import { digestFromHex, digestOf, hexOfDigest } from '../../ports/blobs/digest.ts';
import type { BlobReader, Blobs, StoredBlob } from '../../ports/blobs/port.ts';
import { collectBlobs } from './blob-collection.ts';
import { BlobFolder } from './blob-folder.ts';

/** Where `blobs/` lies, or what is that itself; made with mode 0700 when it does not exist. */
export type FilesystemBlobsOptions = { readonly folder: string } | { readonly root: string };

const GET_LIMIT_BYTES = 256 * 1024 * 1024;

/** How many blobs a process remembers to have verified for `openRead`. */
const VERIFIED_LIMIT = 20_000;

/** Blobs as read-only files that all processes of a machine share. */
export async function openFilesystemBlobs(options: FilesystemBlobsOptions): Promise<Blobs> {
  const root = 'root' in options ? options.root : join(options.folder, 'blobs');
  const folder = new BlobFolder(root);
  await folder.create();
  return new FilesystemBlobs(folder);
}

class FilesystemBlobs implements Blobs {
  readonly #folder: BlobFolder;
  /** By digest, the identity of the file that was found sound. */
  readonly #verified = new Map<string, string>();

  constructor(folder: BlobFolder) {
    this.#folder = folder;
  }

  async put(bytes: Uint8Array): Promise<string> {
    const digest = digestOf(bytes);
    const hex = hexOfDigest(digest);
    const isThere = await this.#folder.find(
      hex,
      async (path, stats) => stats.size === bytes.length && (await readFile(path)).equals(bytes),
    );
    if (!isThere) {
      await this.#folder.add(async (file) => {
        await file.writeFile(bytes);
        return hex;
      });
    }
    return digest;
  }

  async putStream(source: AsyncIterable<Uint8Array>): Promise<StoredBlob> {
    const hash = createHash('sha256');
    let bytes = 0;
    let digest = '';
    await this.#folder.add(async (file) => {
      for await (const chunk of source) {
        hash.update(chunk);
        bytes += chunk.length;
        await file.writeFile(chunk);
      }
      const hex = hash.digest('hex');
      digest = digestFromHex(hex);
      return hex;
    });
    return { digest, bytes };
  }

  get(digest: string): Promise<Uint8Array | null> {
    return this.#find(digest, async (path, stats) => {
      if (stats.size > GET_LIMIT_BYTES) throw tooLarge(digest, stats.size);
      const bytes = await readWhole(path, stats.size);
      if (digestOf(bytes) !== digest) throw corrupt(digest, path);
      return bytes;
    });
  }

  openRead(digest: string): Promise<BlobReader | null> {
    return this.#find(digest, async (path, stats) => {
      await this.#verify(digest, path, stats);
      const reader: BlobReader = {
        bytes: stats.size,
        read: (start = 0, end = stats.size) =>
          // A file stream's end is inclusive, so it cannot say nothing.
          start < end ? createReadStream(path, { start, end: end - 1 }) : Readable.from([]),
      };
      return reader;
    });
  }

  async has(digest: string): Promise<boolean> {
    return (await this.#folder.ask(hexOfDigest(digest))) !== null;
  }

  async *list(): AsyncIterable<string> {
    for await (const hex of this.#folder.list()) yield digestFromHex(hex);
  }

  collect(keep: ReadonlySet<string>, olderThanMs: number) {
    return collectBlobs(this.#folder, keep, olderThanMs);
  }

  async #find<Result>(
    digest: string,
    read: (path: string, stats: Stats) => Promise<Result>,
  ): Promise<Result | null> {
    return this.#folder.find(hexOfDigest(digest), read);
  }

  async #verify(digest: string, path: string, stats: Stats): Promise<void> {
    const identity = `${stats.ino}:${stats.size}:${stats.mtimeMs}`;
    if (this.#verified.get(digest) === identity) return;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      hash.update(chunk as Uint8Array);
    }
    if (digestFromHex(hash.digest('hex')) !== digest) throw corrupt(digest, path);
    const oldest = this.#verified.size >= VERIFIED_LIMIT ? this.#verified.keys().next() : null;
    if (oldest && !oldest.done) this.#verified.delete(oldest.value);
    this.#verified.set(digest, identity);
  }
}

/**
 * As `readFile` does, but in as few turns of the event loop as it takes: a switch of a frontend
 * waits for each of them behind the requests of a busy worker.
 */
async function readWhole(path: string, size: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const bytes = Buffer.allocUnsafeSlow(size);
    for (let at = 0; at < size;) {
      const { bytesRead } = await file.read(bytes, at, size - at, at);
      if (bytesRead === 0) return bytes.subarray(0, at);
      at += bytesRead;
    }
    return bytes;
  } finally {
    // It was only read: nobody needs to know how that ended.
    file.close().catch(() => undefined);
  }
}

function corrupt(digest: string, path: string): TurnoutError {
  return new TurnoutError(
    'blob-corrupt',
    `${path} does not hold ${digest}: the file was changed or its disk is failing.`,
    'Store it again (build or publish once more): that mends it. Check the disk.',
  );
}

function tooLarge(digest: string, bytes: number): TurnoutError {
  return new TurnoutError(
    'blob-too-large',
    `${digest} has ${bytes} bytes; at most ${GET_LIMIT_BYTES} are read into memory at once.`,
    'Read it in parts.',
  );
}
