import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '../lib/atomic-file.ts';

/** One file of a release: its path with forward slashes, and where its content comes from. */
export type ReleaseFile = { readonly path: string; readonly executable: boolean } & (
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'copy'; readonly from: string }
);

export interface ReleaseSummary {
  /**
   * `sha256:…` over path, mode and content of every file; nothing else counts, neither time nor
   * place.
   */
  readonly digest: string;
  readonly files: number;
  readonly bytes: number;
}

const fileMode = 0o444;
const executableMode = 0o555;
const folderMode = 0o555;
const concurrency = 8;

/** Writes the files below a folder, read-only and synced to disk, folders included. */
export async function writeTree(folder: string, files: readonly ReleaseFile[]): Promise<void> {
  const folders = new Set([folder]);
  for (const file of files) {
    for (let at = dirname(join(folder, file.path)); at !== folder; at = dirname(at))
      folders.add(at);
  }
  for (const each of [...folders].sort()) await mkdir(each, { recursive: true, mode: 0o700 });
  await eachOf(files, (file) => writeReleaseFile(join(folder, file.path), file));
  // Deepest first: once a folder is read-only nothing can be made in it.
  for (const each of [...folders].sort().reverse()) {
    await syncDirectory(each);
    await chmod(each, folderMode);
  }
}

async function writeReleaseFile(target: string, file: ReleaseFile): Promise<void> {
  if (file.kind === 'bytes') await writeFile(target, file.bytes, { flag: 'wx' });
  else await copyFile(file.from, target);
  await chmod(target, file.executable ? executableMode : fileMode);
  const handle = await open(target, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Reads a whole tree and sums it up: what a release is named by, and how one is verified. */
export async function summarizeTree(folder: string): Promise<ReleaseSummary> {
  const paths = await filesBelow(folder);
  const lines = new Map<string, string>();
  let bytes = 0;
  await eachOf(paths, async (path) => {
    const file = join(folder, path);
    const { mode, size } = await stat(file);
    bytes += size;
    lines.set(path, `${path}\0${(mode & 0o777).toString(8)}\0${await digestOf(file)}\n`);
  });
  const hash = createHash('sha256');
  for (const path of paths) hash.update(lines.get(path) ?? '');
  return { digest: `sha256:${hash.digest('hex')}`, files: paths.length, bytes };
}

/** Removes a tree although its folders are read-only. */
export async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  await chmod(folder, 0o700).catch(() => undefined);
  for (const entry of entries) {
    if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o700);
  }
  await rm(folder, { recursive: true, force: true });
}

/** Sorted by their bytes, so that the order is the same in every locale. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
