import { closeSync, existsSync, linkSync, openSync, unlinkSync, writeSync } from 'node:fs';
import type { LogDirectory } from './log-directory.ts';

/** Room for what a drainer must write down before anything can be removed from a full disk. */
export const RESERVE_BYTES = 1024 * 1024;

/**
 * Sets space aside, if there is any and it has not been done. On a full disk the drainer writes its
 * progress over it: else a disk that the queue itself has filled could never be emptied by replay.
 */
export function makeReserve(directory: LogDirectory): void {
  if (existsSync(directory.reserve)) return;
  const draft = `${directory.reserve}.${process.pid}`;
  try {
    const fd = openSync(draft, 'w', 0o600);
    try {
      const zeros = Buffer.alloc(RESERVE_BYTES);
      for (let at = 0; at < zeros.length;) at += writeSync(fd, zeros, at);
    } finally {
      closeSync(fd);
    }
    linkSync(draft, directory.reserve);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // Without room for it there is no reserve yet; another process may have been quicker.
    if (!['ENOSPC', 'EDQUOT', 'EEXIST', 'ENOENT'].includes(code)) throw error;
  } finally {
    if (existsSync(draft)) unlinkSync(draft);
  }
}

/** Gives the reserve a new name, and with it its space; false when there is none. */
export function takeReserve(directory: LogDirectory, path: string): boolean {
  try {
    linkSync(directory.reserve, path);
    unlinkSync(directory.reserve);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
