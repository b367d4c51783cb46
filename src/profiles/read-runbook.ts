import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/**
 * A runbook is read by somebody in a hurry; a larger file is none, and would hold the controller
 * up.
 */
const mostBytes = 256 * 1024;

/** What the system says of a path at which there is no file. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

/**
 * The text of the runbook at a path relative to the site directory. Null where there is no plain
 * file of at most 256 KiB, or where a symbolic link leads out of the site: the console shows the
 * site's own files and no others.
 */
export async function readRunbook(siteDirectory: string, path: string): Promise<string | null> {
  try {
    const home = await realpath(siteDirectory);
    const file = await realpath(join(home, path));
    return file.startsWith(home + sep) ? await readPlainFile(file) : null;
  } catch (error) {
    if (absent.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

async function readPlainFile(file: string): Promise<string | null> {
  // Without O_NONBLOCK a named pipe would be waited for, for ever.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    return found.isFile() && found.size <= mostBytes ? await handle.readFile('utf8') : null;
  } finally {
    await handle.close();
  }
}
