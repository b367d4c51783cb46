import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../lib/atomic-file.ts';
import { TurnoutError } from '../lib/errors.ts';
import { makeFolder } from '../lib/make-folder.ts';

const idPattern = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/;
/** Of backups that are being made, and of those that are being removed. */
const unfinishedPattern = /^\.(partial|removed)-/;

/**
 * A folder with backups of one site, each a folder named by its time. A name without a leading dot
 * is a whole backup; whatever else is there was cut off and is removed by the next.
 */
export class BackupFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Held while a backup is made. */
  get lockFile(): string {
    return join(this.path, '.lock');
  }

  /**
   * Makes it, private to this user. Rejects with `backup-folder-foreign` when something else lies
   * there, and with `folder-not-made`.
   */
  async create(): Promise<void> {
    makeFolder(this.path, 0o700);
    const strange = (await readdir(this.path)).filter(
      (name) => name !== '.lock' && !idPattern.test(name) && !unfinishedPattern.test(name),
    );
    if (strange.length > 0) throw foreign(this.path, strange[0] ?? '');
    await chmod(this.path, 0o700);
  }

  /** Removes what was cut off. Only for who holds the lock. */
  async removeUnfinished(): Promise<void> {
    for (const name of await readdir(this.path)) {
      if (unfinishedPattern.test(name)) await removeTree(join(this.path, name));
    }
  }

  /** A new name and a folder to fill, which nobody takes for a backup. */
  async begin(now: Date): Promise<{ readonly id: string; readonly partial: string }> {
    const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const id = `${time}-${randomBytes(3).toString('hex')}`;
    const partial = join(this.path, `.partial-${id}`);
    await mkdir(partial, { mode: 0o700 });
    return { id, partial };
  }

  /** Makes a filled folder a backup, in one step. */
  async finish(id: string): Promise<string> {
    const folder = join(this.path, id);
    const partial = join(this.path, `.partial-${id}`);
    await syncDirectory(partial);
    await rename(partial, folder);
    await syncDirectory(this.path);
    return folder;
  }

  /** Names of the backups, oldest first. */
  ids(): readonly string[] {
    return idsIn(this.path);
  }

  /** Removes all but the newest `keep`; a backup goes as a whole or not at all. */
  async prune(keep: number): Promise<readonly string[]> {
    const old = this.ids().slice(0, -keep);
    for (const id of old) {
      const removed = join(this.path, `.removed-${id}`);
      await rename(join(this.path, id), removed);
      await removeTree(removed);
    }
    return old;
  }
}

/**
 * The folder of one backup: `path` itself, or the newest in it. Throws `backup-missing` when there
 * is none.
 */
export function findBackup(path: string): string {
  if (existsSync(join(path, 'manifest.json'))) return path;
  const newest = existsSync(path) ? idsIn(path).at(-1) : undefined;
  if (newest !== undefined) return join(path, newest);
  throw new TurnoutError(
    'backup-missing',
    `There is no backup in ${path}.`,
    'Name the folder that was given to `turnout backup`, or one backup in it.',
  );
}

function idsIn(path: string): readonly string[] {
  return readdirSync(path)
    .filter((name) => idPattern.test(name))
    .sort();
}

/**
 * Folders in it may be read-only, as releases are; only root removes those without more ado. A link
 * goes as a link: whoever else may write beside it could have one lead anywhere.
 */
export async function removeTree(path: string): Promise<void> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (stats === null) return;
  if (stats.isDirectory()) {
    await chmod(path, 0o700);
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.isDirectory()) await removeTree(join(path, entry.name));
    }
  }
  await rm(path, { recursive: true, force: true });
}

function foreign(path: string, what: string): TurnoutError {
  return new TurnoutError(
    'backup-folder-foreign',
    `${path} holds ${what}, which is no backup.`,
    'Give a folder that is empty or holds backups of this site alone.',
  );
}
