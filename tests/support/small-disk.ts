import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A file system of its own, small enough to be filled. Needs the right to mount, and fails without
 * it. It goes when the process of the test file ends: an `after` of its own would run before those
 * of the file, and take the disk away from under a site that is still up.
 */
export interface SmallDisk {
  readonly folder: string;
  /** Leaves no more than `freeBytes` free. */
  fill(freeBytes?: number): void;
  /** Gives back what `fill` took. */
  relieve(): void;
}

export function mountSmallDisk(bytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'turnout-small-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'turnout-test', folder]);
  process.once('exit', () => {
    execFileSync('umount', ['--lazy', folder]);
    rmdirSync(folder);
  });
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill(freeBytes = 0) {
      const { bavail, bsize } = statfsSync(folder);
      const ballastBytes = Buffer.alloc(Math.max(0, bavail * bsize - freeBytes));
      try {
        writeFileSync(ballast, ballastBytes, { flag: 'a' });
      } catch (error) {
        // Somebody else took a part of it meanwhile: it is full all the same.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    relieve: () => rmSync(ballast, { force: true }),
  };
}
