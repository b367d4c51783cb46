import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where everything of the write log lies.
 *
 * ```
 * boots/<ordinal>-<boot id>          an empty file for each boot of the machine that saw writes
 * logs/<log>/<segment>.log           a folder for each process that appended, and for it alone
 * progress/<fence>-<generation>.log  what the drainer did; the newest complete one counts
 * quarantine/<log>-<segment>.log     damaged segments whose readable writes are all settled
 * pulse                              grows with every group of writes, for others to see at once
 * reserve                            room to drain into when the disk is full
 * ```
 */
export class LogDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get logs(): string {
    return join(this.path, 'logs');
  }
  get progress(): string {
    return join(this.path, 'progress');
  }
  get quarantine(): string {
    return join(this.path, 'quarantine');
  }
  get pulse(): string {
    return join(this.path, 'pulse');
  }
  get reserve(): string {
    return join(this.path, 'reserve');
  }
  log(name: string): string {
    return join(this.logs, name);
  }
  segment(log: string, index: number): string {
    return join(this.logs, log, `${String(index).padStart(8, '0')}.log`);
  }
  progressFile(name: ProgressName): string {
    const fence = String(name.fence).padStart(16, '0');
    return join(this.progress, `${fence}-${String(name.generation).padStart(8, '0')}.log`);
  }

  /** Makes every folder, private to the owner, and sees to it that they survive a power failure. */
  create(): void {
    for (const folder of [this.path, this.logs, this.progress, join(this.path, 'boots')]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
    closeSync(openSync(this.pulse, 'a', 0o600));
    syncFolder(this.path);
  }

  /** Names of the logs present, in no order that means anything. */
  logNames(): readonly string[] {
    return readdirSync(this.logs);
  }

  /** Indexes of a log's segments in ascending order; empty when the log is gone. */
  segmentIndexes(log: string): readonly number[] {
    return listOrNone(this.log(log))
      .filter((name) => /^\d{8}\.log$/.test(name))
      .map((name) => Number(name.slice(0, 8)))
      .sort((a, b) => a - b);
  }

  /** Progress files, oldest first. */
  progressNames(): readonly ProgressName[] {
    return listOrNone(this.progress)
      .filter((name) => /^\d{16}-\d{8}\.log$/.test(name))
      .map((name) => ({ fence: Number(name.slice(0, 16)), generation: Number(name.slice(17, 25)) }))
      .sort(byFenceAndGeneration);
  }

  /**
   * The ordinal of the machine's present boot: 1 for the first that used this folder. Clock
   * readings of two boots cannot be compared, their ordinals can. Processes that ask for it at once
   * agree, since they add the same name.
   */
  bootOrdinal(bootId: string): number {
    const folder = join(this.path, 'boots');
    const boots = readdirSync(folder)
      .map((name) => ({
        ordinal: Number.parseInt(name, 10),
        id: name.slice(name.indexOf('-') + 1),
      }))
      .sort((a, b) => a.ordinal - b.ordinal);
    const known = boots.find((boot) => boot.id === bootId);
    if (known !== undefined) return known.ordinal;
    const ordinal = (boots.at(-1)?.ordinal ?? 0) + 1;
    closeSync(openSync(join(folder, `${ordinal}-${bootId}`), 'a', 0o600));
    syncFolder(folder);
    return ordinal;
  }
}

export interface ProgressName {
  readonly fence: number;
  readonly generation: number;
}

export function byFenceAndGeneration(a: ProgressName, b: ProgressName): number {
  return a.fence - b.fence || a.generation - b.generation;
}

/** The random identifier that Linux gives each boot. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Makes the names in a folder survive a power failure. */
export function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function listOrNone(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
