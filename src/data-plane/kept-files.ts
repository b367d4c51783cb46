import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { writeFileAtomically } from '../lib/atomic-file.ts';

/** What files named by a configuration hold, by their place in the site directory. */
export type ConfigurationFiles = ReadonlyMap<string, Uint8Array>;

export const noFiles: ConfigurationFiles = new Map();

const FOLDER = 'files';

/** Writes what is not there yet, each file named by its digest. */
export async function keepFiles(
  folder: string,
  digests: Readonly<Record<string, string>>,
  files: ConfigurationFiles,
): Promise<void> {
  if (files.size === 0) return;
  await mkdir(join(folder, FOLDER), { recursive: true, mode: 0o700 });
  for (const [path, bytes] of files) {
    const name = nameOf(digests[path] ?? '');
    if (name === null) continue;
    const file = join(folder, FOLDER, name);
    const isThere = await stat(file).then(
      ({ size }) => size === bytes.length,
      () => false,
    );
    if (!isThere) await writeFileAtomically(file, bytes);
  }
}

/** Removes what no configuration names any more. */
export async function forgetOtherFiles(
  folder: string,
  digests: Readonly<Record<string, string>>,
): Promise<void> {
  const kept = new Set(Object.values(digests).map(nameOf));
  const names = await readdir(join(folder, FOLDER)).catch((): string[] => []);
  for (const name of names) {
    if (!kept.has(name)) await rm(join(folder, FOLDER, name), { force: true });
  }
}

/** Those that are there and whole. */
export function readKeptFiles(
  folder: string,
  digests: Readonly<Record<string, string>>,
): ConfigurationFiles {
  const files = new Map<string, Uint8Array>();
  for (const [path, digest] of Object.entries(digests)) {
    const name = nameOf(digest);
    const bytes = name === null ? null : readWhole(join(folder, FOLDER, name));
    if (bytes !== null && `sha256:${createHash('sha256').update(bytes).digest('hex')}` === digest) {
      files.set(path, bytes);
    }
  }
  return files;
}

function readWhole(file: string): Uint8Array | null {
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
}

/** Null for what is no digest and could lead elsewhere. */
function nameOf(digest: string): string | null {
  return /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1] ?? null;
}
