import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Replaces the file at `path` as one step: a reader sees the old content or the new, never a part,
 * and once this resolves the new content survives a power cut. The folder must exist. Rejects with
 * the system's error (such as ENOSPC), and then leaves the old file as it was and no temporary file
 * behind.
 *
 * `mode` are the permission bits of the new file, whatever the umask; private to the user by
 * default. It is of `owner` from the start where one is given: in a folder of that account a name
 * could be another file's by the time it is given away.
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
  owner: { readonly uid: number; readonly gid: number } | null = null,
): Promise<void> {
  const temporary = join(dirname(path), temporaryName(basename(path)));
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.chmod(mode);
      if (owner !== null) await file.chown(owner.uid, owner.gid);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes names that were created, renamed or removed in `folder` survive a power cut. */
export async function syncDirectory(folder: string): Promise<void> {
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * A name beside `name` that no other process uses; sweepers know it by its leading dot and its
 * ending.
 */
export function temporaryName(name: string): string {
  return `.${name}.${randomBytes(6).toString('hex')}.tmp`;
}
