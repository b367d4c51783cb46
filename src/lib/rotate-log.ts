import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';

export interface RotationLimits {
  /** A log at least this large is rotated. */
  readonly limitBytes: number;
  /** How many older pieces are kept: `log.1` is the newest of them. */
  readonly keep: number;
}

export const defaultRotation: RotationLimits = { limitBytes: 10 * 1024 * 1024, keep: 5 };

/**
 * Rotates a log that other processes hold open (with O_APPEND): copies it to `file.1` and truncates
 * it in place, so that no writer need notice. True when it rotated.
 *
 * The copy goes on until it has caught up with the writers; what is written between the last read
 * and the truncation, a few microseconds, is lost. Never deletes the last copy before the new one
 * is whole; only where the disk has no room for it, the log is cut without one, for what fills the
 * disk may be this very log.
 */
export function rotateLog(file: string, limits: RotationLimits = defaultRotation): boolean {
  const source = openIfThere(file);
  if (source === null) return false;
  try {
    if (fstatSync(source).size < limits.limitBytes) return false;
    const fresh = `${file}.new`;
    const copied = copyUntilCaughtUp(source, fresh, limits.limitBytes * 2);
    ftruncateSync(source, 0);
    if (!copied) return true;
    rmSync(`${file}.${limits.keep}`, { force: true });
    for (let n = limits.keep - 1; n >= 1; n -= 1) renameIfThere(`${file}.${n}`, `${file}.${n + 1}`);
    renameSync(fresh, `${file}.1`);
    return true;
  } finally {
    closeSync(source);
  }
}

/**
 * Copies at most `limitBytes` (the newest bytes are what a runaway writer loses), ending at a
 * moment of no more. False, and no copy, when the disk is full.
 */
function copyUntilCaughtUp(source: number, target: string, limitBytes: number): boolean {
  const fd = openSync(target, 'w', 0o600);
  try {
    const buffer = Buffer.allocUnsafe(1024 * 1024);
    let position = 0;
    while (position < limitBytes) {
      const read = readSync(source, buffer, 0, buffer.length, position);
      if (read === 0) break;
      for (let done = 0; done < read;) done += writeSync(fd, buffer, done, read - done);
      position += read;
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    rmSync(target);
    return false;
  } finally {
    closeSync(fd);
  }
}

function openIfThere(file: string): number | null {
  try {
    return openSync(file, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
