import { existsSync, renameSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './atomic-file.ts';

/**
 * Puts `fresh` in the place of `target`, and what is there under the name `old`; all on one file
 * system. Whoever uses `target` calls `completeReplacement` first: between two renames there is
 * nothing of that name, and then the fresh one is ready beside it.
 */
export async function replaceFolder(fresh: string, target: string, old: string): Promise<void> {
  const parent = dirname(target);
  await rename(fresh, readyName(target));
  await syncDirectory(parent);
  if (existsSync(target)) await rename(target, old);
  await rename(readyName(target), target);
  await syncDirectory(parent);
}

/**
 * Puts `fresh` where there is nothing, or an empty folder, in one step. False, and nothing is
 * changed, where something is there by now.
 */
export async function placeFolder(fresh: string, target: string): Promise<boolean> {
  try {
    await rename(fresh, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') return false;
    throw error;
  }
  await syncDirectory(dirname(target));
  return true;
}

/** Finishes a replacement that was cut off between its renames; false when there was none. */
export function completeReplacement(target: string): boolean {
  if (existsSync(target) || !existsSync(readyName(target))) return false;
  renameSync(readyName(target), target);
  return true;
}

/** Where a folder waits that is whole and about to take the place of `target`. */
export function readyName(target: string): string {
  return `${target}.ready`;
}
