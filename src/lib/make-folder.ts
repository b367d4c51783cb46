import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { TurnoutError } from './errors.ts';

/**
 * Makes a folder that a person named, and those above it; fine where it is there. Throws
 * `folder-not-made` with what stood in the way.
 *
 * Step by step, because the recursive `mkdir` of Node.js never ends where a file system says that
 * the folder above is missing although it is there, as /proc does.
 */
export function makeFolder(path: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.push(at);
  try {
    for (const folder of missing.reverse()) makeOne(folder, mode);
    if (!statSync(path).isDirectory()) throw new Error('a file is in its place');
  } catch (error) {
    throw new TurnoutError(
      'folder-not-made',
      `${path} cannot be made: ${error instanceof Error ? error.message : String(error)}`,
      'Name a place where this user may make folders.',
      { cause: error },
    );
  }
}

function makeOne(folder: string, mode: number): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Another process was first. What it made is looked at in the end.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
