import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { openPlainFile } from './open-plain-file.ts';

/**
 * Opens the folder at `path` beneath `root`, each part of it in what was opened before, so that no
 * link in the place of a folder leads out: not even one that another account puts there between two
 * parts. `root` itself is the caller's, and may be reached by links. '' is `root`.
 *
 * Node.js has no `openat`; a name below /proc/self/fd/N is the same. Rejects with the system's
 * error: ENOTDIR or ELOOP for a link, ENOENT for what is not there.
 */
export async function openFolderBeneath(root: string, path: string): Promise<FileHandle> {
  const parts = partsOf(path);
  let folder = await open(root, constants.O_RDONLY | constants.O_DIRECTORY);
  for (const part of parts) {
    try {
      const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
      const next = await open(inFolder(folder, part), flags);
      await folder.close();
      folder = next;
    } catch (error) {
      await folder.close();
      throw error;
    }
  }
  return folder;
}

/** As `openPlainFile`, and as strict about each folder on the way from `root`. */
export async function openPlainFileBeneath(
  root: string,
  path: string,
  flags: number,
): Promise<FileHandle> {
  const parts = partsOf(path);
  const name = parts.pop() ?? '.';
  const folder = await openFolderBeneath(root, parts.join('/'));
  try {
    return await openPlainFile(inFolder(folder, name), flags);
  } finally {
    await folder.close();
  }
}

/** The path of what has that name in a folder that is open, wherever the folder is moved. */
export function inFolder(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

function partsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new Error(`${path} leads out of its folder`);
  return parts;
}
