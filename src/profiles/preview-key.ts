import { link, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { temporaryName } from '../lib/atomic-file.ts';
import { readJsonFile } from '../lib/json-file.ts';
import type { Randomness } from '../ports/randomness/port.ts';

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
  const temporary = join(dirname(file), temporaryName(basename(file)));
  const key = Buffer.from(randomness.bytes(keyBytes)).toString('base64');
  try {
    await writeFile(temporary, JSON.stringify({ key }), { mode: 0o600, flag: 'wx' });
    await link(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
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
