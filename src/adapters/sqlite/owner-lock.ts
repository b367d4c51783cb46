import { renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { TurnoutError } from '../../lib/errors.ts';
import { inodeOf } from '../../lib/inode.ts';

/**
 * A lock held by one living process: the kernel lets it go with its holder, however that dies. Keep
 * a reference to it for as long as it is to be held: what nobody refers to is closed.
 */
export interface OwnerLock {
  /**
   * Whether another file stands where the lock's file stood: somebody has removed that, and who
   * took the new one believes to be the only one.
   */
  isReplaced(): boolean;
  release(): void;
}

/**
 * Takes the lock that `file` stands for, or answers null at once when another process holds it.
 *
 * An open exclusive transaction on a database of its own is a POSIX lock
 * (sqlite.org/lockingv3.html): nothing to clean up after kill -9, no pid to trust. Never open
 * `file` elsewhere in the holding process: closing it would drop the lock.
 */
export function takeOwnerLock(file: string): OwnerLock | null {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
  } catch (cause) {
    throw new TurnoutError(
      'lock-unusable',
      `The lock file ${file} cannot be opened: ${String(cause)}.`,
      'Make the state folder writable for this user; if the file is damaged, remove it.',
      { cause },
    );
  }
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) return null;
    throw error;
  }
  // Never the number of a new file: ours is open, and so not gone.
  const own = inodeOf(file);
  return {
    isReplaced: () => {
      const now = inodeOf(file);
      return now !== null && now !== own;
    },
    release: () => database.close(),
  };
}

/**
 * Takes the place of whoever holds the lock: puts a new file, locked already, where the lock's file
 * stands. The holder goes on until it sees that it was replaced; wait until it is gone.
 */
export function replaceOwnerLock(file: string): OwnerLock {
  const fresh = `${file}.${process.pid}`;
  rmSync(fresh, { force: true });
  const lock = takeOwnerLock(fresh);
  if (lock === null) throw new Error(`${fresh} was locked before anybody knew of it`);
  const own = inodeOf(fresh);
  renameSync(fresh, file);
  return {
    isReplaced: () => {
      const now = inodeOf(file);
      return now !== null && now !== own;
    },
    release: () => lock.release(),
  };
}

/** SQLITE_BUSY is 5 (sqlite.org/rescode.html); extended codes keep it in the low byte. */
function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' && (code & 0xff) === 5;
}
