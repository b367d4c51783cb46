import { link, lstat, mkdir, open, readdir, readlink, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '../lib/atomic-file.ts';
import { TurnoutError } from '../lib/errors.ts';
import { mapBounded } from '../lib/map-bounded.ts';
import { contentFolder } from './backup-manifest.ts';
import type { BackedUpFile, BackupManifest } from './backup-manifest.ts';
import { copyFile } from './copy-file.ts';
import type { CopyOptions } from './copy-file.ts';
import { removeTree } from './backup-folder.ts';

/** What has been put into a backup so far. */
export interface StageCount {
  readonly files: number;
  readonly bytes: number;
  /** Files that an earlier backup held already, and their bytes. */
  readonly reused: number;
  readonly reusedBytes: number;
}

export interface StageOptions {
  /** The folder of the backup that is being made. */
  readonly folder: string;
  /** A backup to share unchanged files with, and its folder. */
  readonly previous: { readonly folder: string; readonly manifest: BackupManifest } | null;
  readonly progress: (count: StageCount) => void;
}

const copiesAtOnce = 4;
/** A release may be collected while it is copied: then those that are left are copied anew. */
const treeAttempts = 5;

/**
 * Fills a backup, file by file. A file whose content the previous backup holds is a second name of
 * that one, once it was read and found whole: so each backup is complete by itself, and costs only
 * what changed.
 */
export class FileStage {
  readonly #options: StageOptions;
  readonly #content: string;
  readonly #known: ReadonlyMap<string, BackedUpFile>;
  #files = new Map<string, BackedUpFile>();
  #folders = new Map<string, number>();
  #links = new Map<string, string>();
  #sharing = 0;
  #count: StageCount = { files: 0, bytes: 0, reused: 0, reusedBytes: 0 };

  constructor(options: StageOptions) {
    this.#options = options;
    this.#content = contentFolder(options.folder);
    const known = options.previous?.manifest.files ?? [];
    this.#known = new Map(known.map((file) => [file.sha256, file]));
  }

  get count(): StageCount {
    return this.#count;
  }

  get contents(): Pick<BackupManifest, 'files' | 'folders' | 'links'> {
    const byPath = <T extends { readonly path: string }>(a: T, b: T): number =>
      a.path < b.path ? -1 : 1;
    return {
      files: [...this.#files.values()].sort(byPath),
      folders: [...this.#folders].map(([path, mode]) => ({ path, mode })).sort(byPath),
      links: [...this.#links].map(([path, target]) => ({ path, target })).sort(byPath),
    };
  }

  /** Copies one file; `limitBytes` is for one that grows. False when it is not there. */
  async file(
    source: string,
    path: string,
    options: CopyOptions & { readonly sha256?: string } = {},
  ): Promise<boolean> {
    const target = await this.#place(path);
    try {
      const { mode } = await lstat(source);
      const known = options.sha256 === undefined ? null : await this.#share(options.sha256, target);
      const copied = known ?? (await copyFile(source, target, options));
      const isShared =
        known !== null || (await this.#replaceByShared(copied.sha256, copied.bytes, target));
      this.#add({ path, ...copied, mode: mode & 0o777 }, isShared);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await rm(target, { force: true });
      return false;
    }
  }

  /** Copies a file that must be in the backup; `backup-source-gone` when it is not there. */
  async neededFile(
    source: string,
    path: string,
    options: { readonly limitBytes?: number } = {},
  ): Promise<void> {
    if (!(await this.file(source, path, options))) throw gone(source);
  }

  /** Moves a folder in that was made for the backup alone, on the same file system. */
  async takeTree(source: string, path: string): Promise<void> {
    const found = await this.#list(source, path, () => false);
    await mapBounded(found, copiesAtOnce, async (file) => {
      const from = join(source, file.slice(path.length));
      const target = await this.#place(file);
      const read = await copyFile(from, null);
      const isShared = await this.#replaceByShared(read.sha256, read.bytes, target);
      if (!isShared) await rename(from, target);
      await syncFile(target);
      this.#add({ path: file, ...read, mode: 0o600 }, isShared);
    });
    await removeTree(source);
  }

  /**
   * Copies a folder and all that is in it. With `mayVanish` files may go meanwhile, and are left
   * out; else the folder is copied again when something in it went.
   */
  async tree(
    source: string,
    path: string,
    options: {
      readonly mayVanish?: boolean;
      readonly skip?: (path: string) => boolean;
      readonly digestOf?: (path: string) => string | undefined;
    } = {},
  ): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const found = await this.#list(source, path, options.skip ?? (() => false));
      const copied = await mapBounded(found, copiesAtOnce, (file) => {
        const sha256 = options.digestOf?.(file);
        const from = join(source, file.slice(path.length));
        return this.file(from, file, { root: source, ...(sha256 ? { sha256 } : {}) });
      });
      if (options.mayVanish || copied.every(Boolean)) return;
      if (attempt === treeAttempts) throw new Error(`${source} does not hold still to be copied`);
      await this.#forget(path);
    }
  }

  /** Puts on the disk the names of all that was staged. */
  async sync(): Promise<void> {
    const folders = new Set(['.', ...this.#folders.keys()]);
    for (const path of this.#files.keys()) {
      for (let at = dirname(path); at !== '.'; at = dirname(at)) folders.add(at);
    }
    for (const path of folders) {
      const folder = join(this.#content, path);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await syncDirectory(folder);
    }
  }

  async #list(
    source: string,
    path: string,
    skip: (path: string) => boolean,
  ): Promise<readonly string[]> {
    const stats = await lstat(source).catch(() => null);
    if (stats === null) return [];
    this.#folders.set(path, stats.mode & 0o777);
    const files: string[] = [];
    for (const entry of await readdir(source, { withFileTypes: true })) {
      const at = join(path, entry.name);
      if (skip(at)) continue;
      if (entry.isDirectory())
        files.push(...(await this.#list(join(source, entry.name), at, skip)));
      else if (entry.isFile()) files.push(at);
      else if (entry.isSymbolicLink()) {
        this.#links.set(at, await readlink(join(source, entry.name)));
      }
    }
    return files;
  }

  async #forget(path: string): Promise<void> {
    for (const kept of [this.#files, this.#folders, this.#links]) {
      for (const key of kept.keys())
        if (key === path || key.startsWith(`${path}/`)) kept.delete(key);
    }
    await removeTree(join(this.#content, path));
  }

  async #place(path: string): Promise<string> {
    const target = join(this.#content, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    return target;
  }

  #add(file: BackedUpFile, isShared: boolean): void {
    this.#files.set(file.path, file);
    const { files, bytes, reused, reusedBytes } = this.#count;
    this.#count = {
      files: files + 1,
      bytes: bytes + file.bytes,
      reused: reused + (isShared ? 1 : 0),
      reusedBytes: reusedBytes + (isShared ? file.bytes : 0),
    };
    this.#options.progress(this.#count);
  }

  async #replaceByShared(sha256: string, bytes: number, target: string): Promise<boolean> {
    if (this.#known.get(sha256)?.bytes !== bytes || bytes === 0) return false;
    // Outside of what is staged: any name beside the file may be another file's.
    const shared = join(this.#options.folder, `.sharing-${(this.#sharing += 1)}`);
    if ((await this.#share(sha256, shared)) === null) return false;
    await rename(shared, target);
    return true;
  }

  /** Gives a file of the previous backup a second name; null when it is not there or not whole. */
  async #share(
    sha256: string,
    target: string,
  ): Promise<{ readonly bytes: number; readonly sha256: string } | null> {
    const { previous } = this.#options;
    const known = this.#known.get(sha256);
    if (known === undefined || previous === null) return null;
    const file = join(contentFolder(previous.folder), known.path);
    try {
      const read = await copyFile(file, null);
      if (read.sha256 !== sha256) return null;
      await link(file, target);
      return read;
    } catch {
      // Too many names, or gone: a copy of its own does as well.
      await rm(target, { force: true });
      return null;
    }
  }
}

function gone(source: string): TurnoutError {
  return new TurnoutError(
    'backup-source-gone',
    `${source} belongs in the backup and is not there, so none was made.`,
    'See whether something removes files in the state folder, and make the backup again.',
  );
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
