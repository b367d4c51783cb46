import { openLogWrites } from '../adapters/log/writes.ts';
import { openSqliteJournal } from '../adapters/sqlite/journal.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemRandomness } from '../adapters/system/randomness.ts';
import { QUEUED_HEAD_BYTES } from '../contract/queued-write.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { QUEUED_BODY_BYTES } from '../data-plane/gateway/writes/prepare-write.ts';
import { SEAL_BYTES } from '../contract/write-keys.ts';
import type { QueueOptions } from '../data-plane/gateway/writes/open-queue.ts';
import type { Log } from '../lib/log.ts';
import type { Journal } from '../ports/journal/port.ts';
import type { Writes } from '../ports/writes/port.ts';
import { LateWrites } from './late-writes.ts';
import { followWriteKeys } from './write-keys.ts';

/** The longest body that is queued, with what is kept of its head, sealed. */
const bodyLimitBytes = QUEUED_BODY_BYTES + QUEUED_HEAD_BYTES + SEAL_BYTES;

/** The site's queued writes, for the controller and its workers alike. */
export function siteWrites(folder: StateFolder): Writes {
  return new LateWrites(() => openLogWrites({ path: folder.writes, bodyLimitBytes }));
}

/** What a worker queues with; nothing of it need be there for the worker to serve. */
export async function workerQueue(
  folder: StateFolder,
  id: string,
  log: Log,
): Promise<QueueOptions & { close(): Promise<void> }> {
  const writes = siteWrites(folder);
  // Opened before it is needed; while it cannot be, each call tries again.
  void writes.stats().catch((error: unknown) => {
    log.warn('The queue of writes cannot be opened yet', { reason: String(error) });
  });
  const parts = { clock: systemClock, randomness: systemRandomness, log };
  const { keys, close } = await followWriteKeys(folder.writeKeys, parts);
  let journal: Promise<Journal> | null = null;
  const opened = (): Promise<Journal> => {
    journal ??= openSqliteJournal({ folder: folder.root }).catch((error: unknown) => {
      journal = null;
      throw error;
    });
    return journal;
  };
  return {
    writes,
    keys,
    holder: `${id}.${process.pid}`,
    journal: {
      append: async (entry) => (await opened()).append(entry),
      range: async (query) => (await opened()).range(query),
    },
    async close() {
      close();
      await writes.close();
      await (await journal?.catch(() => null))?.close();
    },
  };
}
