import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFromHex } from '../../ports/blobs/digest.ts';
import type { CollectReport } from '../../ports/blobs/port.ts';
import { askedAtMs, renameIfThere, statIfThere, type BlobFolder } from './blob-folder.ts';

/** No write takes longer, so a file this old in `incoming/` is one whose writer died. */
const ABANDONED_AFTER_MS = 3_600_000;

/** See Blobs.collect, and BlobFolder for why it is safe beside other processes. */
export async function collectBlobs(
  folder: BlobFolder,
  keep: ReadonlySet<string>,
  olderThanMs: number,
): Promise<CollectReport> {
  const thresholdMs = Date.now() - olderThanMs;
  await removeAbandoned(folder);
  let kept = 0;
  let removed = 0;
  let removedBytes = 0;
  for (const hex of await trashedByTheDead(folder)) {
    // Back to where it is found below, to be judged like any other.
    await renameIfThere(folder.trashPath(hex), folder.path(hex));
  }
  for await (const hex of folder.list()) {
    const bytes = keep.has(digestFromHex(hex)) ? null : await remove(folder, hex, thresholdMs);
    if (bytes === null) kept += 1;
    else {
      removed += 1;
      removedBytes += bytes;
    }
  }
  return { kept, removed, removedBytes };
}

/** The size of what was removed; null when somebody has asked for it since. */
async function remove(
  folder: BlobFolder,
  hex: string,
  thresholdMs: number,
): Promise<number | null> {
  const before = await statIfThere(folder.path(hex));
  if (!before || askedAtMs(before) > thresholdMs) return null;
  const trashed = folder.trashPath(hex);
  if (!(await renameIfThere(folder.path(hex), trashed))) return null;
  const after = await statIfThere(trashed);
  if (!after) return null;
  if (askedAtMs(after) > thresholdMs) {
    await renameIfThere(trashed, folder.path(hex));
    return null;
  }
  await rm(trashed, { force: true });
  return after.size;
}

async function removeAbandoned(folder: BlobFolder): Promise<void> {
  for (const name of await readdir(folder.incoming)) {
    const path = join(folder.incoming, name);
    const stats = await statIfThere(path);
    if (stats && stats.mtimeMs < Date.now() - ABANDONED_AFTER_MS) await rm(path, { force: true });
  }
}

async function trashedByTheDead(folder: BlobFolder): Promise<readonly string[]> {
  return readdir(folder.trash);
}
