import type { Stats } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory, temporaryName } from '../../lib/atomic-file.ts';
import { TurnoutError } from '../../lib/errors.ts';

/**
 * How exactly it is known when a blob was last asked for; more would write an inode at every
 * request.
 */
const ASKED_PRECISION_MS = 1_000;

/**
 * Where blobs lie: `sha256/ab/cdef…`, read-only, written elsewhere (`incoming/`) and renamed into
 * place. A file's access time says when it was last asked for, its modification time stays what it
 * was at first.
 *
 * A collector moves a file to `trash/` before it looks for the last time whether somebody asked for
 * it; whoever wants it meanwhile moves it back. So one that was said to be there is there, without
 * a lock between processes.
 */
export class BlobFolder {
  readonly #root: string;
  readonly incoming: string;
  readonly trash: string;

  constructor(root: string) {
    this.#root = root;
    this.incoming = join(root, 'incoming');
    this.trash = join(root, 'trash');
  }

  /** Makes the folders; harmless when they are there. */
  async create(): Promise<void> {
    for (const folder of [join(this.#root, 'sha256'), this.incoming, this.trash]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    }
  }

  path(hex: string): string {
    return join(this.#root, 'sha256', hex.slice(0, 2), hex.slice(2));
  }

  trashPath(hex: string): string {
    return join(this.trash, hex);
  }

  /** Notes that the blob was asked for and returns its stats; null when it is not there. */
  async ask(hex: string): Promise<Stats | null> {
    const stats = await touch(this.path(hex));
    if (stats) return stats;
    // Either a collector has just moved it or it does not exist: only then does this change
    // nothing.
    await renameIfThere(this.trashPath(hex), this.path(hex));
    return touch(this.path(hex));
  }

  /**
   * `read` of the file; null when the blob is not there. Tries again when a collector moves it away
   * and back.
   */
  async find<Result>(
    hex: string,
    read: (path: string, stats: Stats) => Promise<Result>,
  ): Promise<Result | null> {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const stats = await this.ask(hex);
      if (!stats) return null;
      try {
        return await read(this.path(hex), stats);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    return null;
  }

  /**
   * Has `write` fill a new file and say under which hexadecimal digest it belongs, and puts it
   * there, in place of any that is there. On the disk when it resolves; nothing is left of it when
   * it rejects.
   */
  async add(write: (file: FileHandle) => Promise<string>): Promise<void> {
    const temporary = join(this.incoming, temporaryName('blob'));
    try {
      const file = await open(temporary, 'wx', 0o400);
      let hex: string;
      try {
        hex = await write(file);
        // Whole seconds survive being set again with a later access time.
        await file.utimes(new Date(), Math.floor(Date.now() / 1_000));
        await file.sync();
      } finally {
        await file.close();
      }
      const path = this.path(hex);
      const created = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await rename(temporary, path);
      await syncDirectory(dirname(path));
      if (created) await syncDirectory(dirname(created));
    } catch (error) {
      await rm(temporary, { force: true });
      throw explainWriteError(error, this.#root);
    }
  }

  async *list(): AsyncIterable<string> {
    const root = join(this.#root, 'sha256');
    for (const shelf of await readdir(root)) {
      for (const rest of await readdir(join(root, shelf))) yield shelf + rest;
    }
  }
}

/** When the blob was last written or asked for. */
export function askedAtMs(stats: Stats): number {
  return Math.max(stats.atimeMs, stats.mtimeMs);
}

/** The stats before the rename if there was such a file. */
export async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export async function statIfThere(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

async function touch(path: string): Promise<Stats | null> {
  const stats = await statIfThere(path);
  if (!stats || stats.atimeMs > Date.now() - ASKED_PRECISION_MS) return stats;
  try {
    await utimes(path, new Date(), stats.mtime);
    return stats;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function explainWriteError(error: unknown, root: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new TurnoutError(
    'disk-full',
    `No space is left for blobs in ${root}; nothing was kept.`,
    'Free some space on that file system and try again.',
    { cause: error },
  );
}
