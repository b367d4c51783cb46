import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { isBusy } from './failures.ts';
import { pauseMs } from './retry-while-busy.ts';

/** One write that waits for its transaction. */
export interface QueuedWrite {
  run(): unknown;
  /** Called once the transaction that holds it is on the disk. */
  committed(value: unknown): void;
  /** Called when it will not be written: it failed, or the lock was not free by the deadline. */
  failed(error: unknown): void;
}

export interface WriteQueue {
  add(write: QueuedWrite): void;
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>;
}

/**
 * A transaction's writes share one sync of the disk; more would keep the lock from other processes
 * for too long.
 */
const WRITES_PER_TRANSACTION = 64;

/**
 * Writes in the order they came, in transactions of as many as wait. A lock held elsewhere is
 * waited for without blocking the thread, by each write for at most `timeoutMs`; when one of a
 * transaction fails, all of that transaction do.
 */
export function createWriteQueue(writer: DatabaseSync, timeoutMs: number): WriteQueue {
  const waiting: { readonly write: QueuedWrite; readonly deadlineMs: number }[] = [];
  let draining: Promise<void> | null = null;

  const drain = async () => {
    // What arrives in the same turn is committed together.
    await nextTurn();
    for (let attempt = 0; waiting.length > 0;) {
      try {
        writer.exec('BEGIN IMMEDIATE');
      } catch (error) {
        if (isBusy(error)) {
          failExpired(error);
          await delay(pauseMs(attempt));
          attempt += 1;
        } else {
          for (const { write } of waiting.splice(0)) write.failed(error);
        }
        continue;
      }
      attempt = 0;
      commit(
        writer,
        waiting.splice(0, WRITES_PER_TRANSACTION).map(({ write }) => write),
      );
      await nextTurn();
    }
    draining = null;
  };

  const failExpired = (error: unknown) => {
    const nowMs = performance.now();
    while (waiting[0] && waiting[0].deadlineMs <= nowMs) waiting.shift()?.write.failed(error);
  };

  return {
    add(write) {
      waiting.push({ write, deadlineMs: performance.now() + timeoutMs });
      draining ??= drain();
    },
    async drained() {
      await draining;
    },
  };
}

function commit(writer: DatabaseSync, writes: readonly QueuedWrite[]): void {
  const values: unknown[] = [];
  try {
    for (const write of writes) values.push(write.run());
    writer.exec('COMMIT');
  } catch (error) {
    // Some failures, a full disk among them, have rolled back already.
    if (writer.isTransaction) writer.exec('ROLLBACK');
    for (const write of writes) write.failed(error);
    return;
  }
  writes.forEach((write, index) => write.committed(values[index]));
}
