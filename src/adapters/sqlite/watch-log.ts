import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';

export interface LogWatch {
  /** What is seen now was written here, and is known: it is looked at once, and no more. */
  wrote(): void;
  close(): void;
}

const LOOK_PERIOD_MS = 1;
/** A commit takes as long as the disk; a later one than this is found by polling. */
const MOST_LOOKS = 30;
/** How late the system tells of a write. What another writes meanwhile is found by polling. */
const OURS_MS = 5;

/**
 * Calls `look` when another process writes to the log of an SQLite file, and again each millisecond
 * until it has found something: what is written is committed only after the disk has it, of which
 * nobody is told. Where the system watches no files, it never calls: whoever must know polls too.
 */
export function watchLog(file: string, look: () => boolean): LogWatch {
  const log = `${basename(file)}-wal`;
  let left = 0;
  let oursUntilMs = 0;
  let timer: NodeJS.Timeout | null = null;
  const lookAgain = (): void => {
    timer = null;
    if (look() || --left <= 0) left = 0;
    else timer = setTimeout(lookAgain, LOOK_PERIOD_MS);
  };
  let watcher: FSWatcher | null = null;
  try {
    // The folder, since the log comes and goes with those who have the file open.
    watcher = watch(dirname(file), { persistent: false }, (_, name) => {
      if (name !== log) return;
      left = performance.now() < oursUntilMs ? Math.max(left, 1) : MOST_LOOKS;
      timer ??= setTimeout(lookAgain, LOOK_PERIOD_MS);
    });
    watcher.on('error', () => watcher?.close());
  } catch {
    // Too many are watched on this machine already.
  }
  return {
    wrote() {
      oursUntilMs = performance.now() + OURS_MS;
    },
    close() {
      watcher?.close();
      if (timer !== null) clearTimeout(timer);
    },
  };
}
