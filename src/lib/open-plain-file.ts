import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/**
 * Opens a file in a folder that another account can change: never what a link in its place leads
 * to, and never a pipe or device, which could be waited for, for ever. `flags` say read, write or
 * create. Rejects with the system's error, such as ELOOP for a link.
 */
export async function openPlainFile(
  path: string,
  flags: number,
  mode = 0o600,
): Promise<FileHandle> {
  const handle = await open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, mode);
  try {
    if ((await handle.stat()).isFile()) return handle;
    throw new Error(`${path} is no plain file`);
  } catch (error) {
    await handle.close();
    throw error;
  }
}
