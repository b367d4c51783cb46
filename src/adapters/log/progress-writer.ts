import { closeSync, fdatasyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import type { LogDirectory, ProgressName } from './log-directory.ts';
import { byFenceAndGeneration, syncFolder } from './log-directory.ts';
import { encodeHeader } from './log-header.ts';
import type { ProgressRecord } from './progress-record.ts';
import { encodeProgress } from './progress-record.ts';
import { MARKER_BYTES } from './record.ts';
import { takeReserve } from './reserve.ts';

/**
 * Appends to a progress file of one's own. Its name, which carries the fence, is taken the moment
 * it is made.
 */
export class ProgressWriter {
  readonly name: ProgressName;
  readonly isOnReserve: boolean;
  readonly #directory: LogDirectory;
  readonly #fd: number;
  readonly #marker = randomBytes(MARKER_BYTES);
  #pending: Buffer[] = [];
  #seq = 0;
  #length = 0;
  #unsynced = false;

  /**
   * Null when a file with a later name exists: another holder has begun. With `onReserve` the file
   * takes the space that was set aside; null as well when there is none.
   */
  static create(
    directory: LogDirectory,
    options: { readonly fence: number; readonly nowMs: number; readonly onReserve: boolean },
  ): ProgressWriter | null {
    const { fence, nowMs, onReserve } = options;
    const newest = directory.progressNames().at(-1);
    if (newest !== undefined && newest.fence > fence) return null;
    const generation = newest?.fence === fence ? newest.generation + 1 : 1;
    const name = { fence, generation };
    const path = directory.progressFile(name);
    try {
      if (onReserve && !takeReserve(directory, path)) return null;
      const fd = openSync(path, onReserve ? 'r+' : 'wx', 0o600);
      return new ProgressWriter(directory, { name, fd, nowMs, onReserve });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
      throw error;
    }
  }

  private constructor(
    directory: LogDirectory,
    file: {
      readonly name: ProgressName;
      readonly fd: number;
      readonly nowMs: number;
      readonly onReserve: boolean;
    },
  ) {
    this.#directory = directory;
    this.name = file.name;
    this.isOnReserve = file.onReserve;
    this.#fd = file.fd;
    this.#pending.push(encodeHeader(this.#marker, { ...file.name, createdAtMs: file.nowMs }));
  }

  /** Bytes in the file. */
  get length(): number {
    return this.#length;
  }

  add(record: ProgressRecord): void {
    this.#seq += 1;
    this.#pending.push(encodeProgress(this.#marker, this.#seq, record));
  }

  /**
   * Hands what was added to the system: it survives the death of this process from then on. After a
   * failure the file is at its end; whole records of what failed may still count.
   */
  write(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    for (let at = 0; at < bytes.length;) {
      at += writeSync(this.#fd, bytes, at, bytes.length - at, this.#length + at);
    }
    this.#length += bytes.length;
    this.#unsynced = true;
  }

  /** Puts on disk what was written: it survives a power failure from then on. */
  sync(): void {
    if (this.#unsynced) fdatasyncSync(this.#fd);
    this.#unsynced = false;
  }

  /** Makes the file's name durable, and removes those whose content it has taken over. */
  supersedeOlder(): void {
    syncFolder(this.#directory.progress);
    for (const name of this.#directory.progressNames()) {
      if (byFenceAndGeneration(name, this.name) < 0) {
        removeIfPresent(this.#directory.progressFile(name));
      }
    }
  }

  /** Whether a later holder has begun. What was written before this said no counts. */
  isFenced(): boolean {
    const newest = this.#directory.progressNames().at(-1);
    return newest === undefined || byFenceAndGeneration(newest, this.name) > 0;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function removeIfPresent(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
