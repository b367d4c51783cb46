import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { openPlainFileBeneath } from '../lib/open-beneath.ts';

export interface CopiedFile {
  readonly bytes: number;
  readonly sha256: string;
}

export interface CopyOptions {
  /** Where a file that goes on growing is cut off. */
  readonly limitBytes?: number | undefined;
  /** The folder above `source` from which on links are not followed; else the one it lies in. */
  readonly root?: string;
}

const CHUNK_BYTES = 1024 * 1024;

/**
 * Copies a file, reading each byte once, and says what it was; on the disk when it resolves.
 * `target` null only reads. A link is not followed: data of a database belong to another account,
 * which can have put one there since the listing.
 */
export async function copyFile(
  source: string,
  target: string | null,
  { limitBytes = Number.POSITIVE_INFINITY, root = dirname(source) }: CopyOptions = {},
): Promise<CopiedFile> {
  const hash = createHash('sha256');
  const from = await openPlainFileBeneath(root, relative(root, source), constants.O_RDONLY);
  try {
    const to = target === null ? null : await open(target, 'wx', 0o600);
    try {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      let bytes = 0;
      for (;;) {
        const wanted = Math.min(CHUNK_BYTES, limitBytes - bytes);
        const { bytesRead } = await from.read(chunk, 0, wanted, bytes);
        if (bytesRead === 0) break;
        hash.update(chunk.subarray(0, bytesRead));
        if (to !== null) await to.writeFile(chunk.subarray(0, bytesRead));
        bytes += bytesRead;
      }
      await to?.datasync();
      return { bytes, sha256: hash.digest('hex') };
    } finally {
      await to?.close();
    }
  } finally {
    await from.close();
  }
}
