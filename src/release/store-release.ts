import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../lib/atomic-file.ts';
import { removeTree, summarizeTree, writeTree } from './release-tree.ts';
import type { ReleaseFile, ReleaseSummary } from './release-tree.ts';

/** A release on disk, ready to run. */
export interface BuiltRelease extends ReleaseSummary {
  /** Absolute, read-only, named by the digest; no other content will ever be found there. */
  readonly directory: string;
}

const partialPrefix = '.partial-';
/** A build that long ago is not coming back. */
const abandonedMs = 3_600_000;

/**
 * Puts a service's files into `folder`/SERVICE/DIGEST: written beside, synced, then renamed, so
 * that a release is there whole or not at all. One that is there already is verified and used
 * again; one that somebody changed is replaced.
 */
export async function storeRelease(
  folder: string,
  service: string,
  files: readonly ReleaseFile[],
): Promise<BuiltRelease> {
  const home = join(folder, service);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const partial = join(home, `${partialPrefix}${randomBytes(6).toString('hex')}`);
  try {
    await writeTree(partial, files);
    const summary = await summarizeTree(partial);
    const directory = join(home, directoryName(summary.digest));
    await moveIntoPlace(partial, directory, summary.digest);
    await syncDirectory(home);
    const now = new Date();
    // What was built last counts as newest, also when it was there before: see collectReleases.
    await utimes(directory, now, now);
    return { ...summary, directory };
  } finally {
    await removeTree(partial);
  }
}

/** The last component of a release's directory. */
export function directoryName(digest: string): string {
  return digest.replace('sha256:', '');
}

async function moveIntoPlace(partial: string, directory: string, digest: string): Promise<void> {
  if (await isWhole(directory, digest)) return;
  await removeTree(directory);
  try {
    await rename(partial, directory);
  } catch (error) {
    // Another build of the same sources was quicker.
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EEXIST' && code !== 'ENOTEMPTY') throw error;
  }
}

async function isWhole(directory: string, digest: string): Promise<boolean> {
  try {
    return (await summarizeTree(directory)).digest === digest;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

export interface CollectOptions {
  readonly releasesFolder: string;
  readonly service: string;
  /** How many of the newest to keep for rollback. */
  readonly keep: number;
  /** Digests that run or are about to. */
  readonly inUse: ReadonlySet<string>;
}

/**
 * Removes a service's releases except the newest and those in use, and what broken-off builds left;
 * says which went.
 */
export async function collectReleases(options: CollectOptions): Promise<readonly string[]> {
  const home = join(options.releasesFolder, options.service);
  const names = await readdir(home).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const aged = await Promise.all(
    names.map(async (name) => ({ name, builtMs: (await stat(join(home, name))).mtimeMs })),
  );
  const releases = aged.filter(({ name }) => !name.startsWith('.'));
  const newest = releases.sort((a, b) => b.builtMs - a.builtMs).slice(0, options.keep);
  const kept = new Set(newest.map(({ name }) => name));
  for (const digest of options.inUse) kept.add(directoryName(digest));
  const gone = releases.filter(({ name }) => !kept.has(name));
  const abandoned = aged.filter(
    ({ name, builtMs }) => name.startsWith(partialPrefix) && builtMs < Date.now() - abandonedMs,
  );
  for (const { name } of [...gone, ...abandoned]) await removeTree(join(home, name));
  return gone.map(({ name }) => `sha256:${name}`);
}
