import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Content } from '../../contract/frontend-release.ts';
import { digestFromHex, digestOf } from '../../ports/blobs/digest.ts';
import type { Blobs } from '../../ports/blobs/port.ts';
import type { FoundFile } from './find-files.ts';

/** Longer files pass through in pieces, and are read twice rather than held. */
const heldBytes = 8 * 1024 ** 2;

/**
 * Stores a file's bytes unless they are there: publishing again what has not changed costs reading
 * alone.
 */
export async function storeFile(blobs: Blobs, found: FoundFile): Promise<Content> {
  if (found.bytes <= heldBytes) return storeBytes(blobs, await readFile(found.absolute));
  const hash = createHash('sha256');
  const reading = createReadStream(found.absolute);
  await pipeline(reading, hash);
  const digest = digestFromHex(hash.digest('hex'));
  // As many as were read, and not as it had when it was found: it may have grown since.
  if (await blobs.has(digest)) return { digest, bytes: reading.bytesRead };
  // What was stored is what counts, should the file have changed between the two readings.
  return blobs.putStream(createReadStream(found.absolute));
}

export async function storeBytes(blobs: Blobs, bytes: Uint8Array): Promise<Content> {
  const digest = digestOf(bytes);
  if (!(await blobs.has(digest))) await blobs.put(bytes);
  return { digest, bytes: bytes.length };
}
