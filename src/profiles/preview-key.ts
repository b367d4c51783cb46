import { readJsonFile } from '../lib/json-file.ts';
import type { Randomness } from '../ports/randomness/port.ts';
import { makeFileOnce } from './make-file-once.ts';

const keyBytes = 32;

/**
 * The key that links to previews are signed with, of this machine's site alone; made by whoever
 * first needs it, whole or not at all, so that all come to the same.
 */
export async function readOrMakePreviewKey(
  file: string,
  randomness: Randomness,
): Promise<Uint8Array> {
  const kept = readPreviewKey(file);
  if (kept !== null) return kept;
  const key = Buffer.from(randomness.bytes(keyBytes)).toString('base64');
  await makeFileOnce(file, JSON.stringify({ key }));
  const made = readPreviewKey(file);
  if (made !== null) return made;
  throw new Error(`${file} holds no key; remove it`);
}

/** Null where there is none yet: then nobody has a link either. */
export function readPreviewKey(file: string): Uint8Array | null {
  const written = readJsonFile(file) as { readonly key?: unknown } | null;
  if (typeof written?.key !== 'string') return null;
  const key = Buffer.from(written.key, 'base64');
  return key.length === keyBytes ? key : null;
}
