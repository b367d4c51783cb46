/**
 * A worker with a queue that dies by SIGKILL at a stage of a write that its parent names. All that
 * it works with is the real thing; only the moment is chosen.
 *
 * Arguments: folder shared by all workers, name.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openFilesystemBlobs } from '../../../src/adapters/filesystem/blobs.ts';
import { openLogWrites } from '../../../src/adapters/log/writes.ts';
import { openSqliteJournal } from '../../../src/adapters/sqlite/journal.ts';
import { openSqliteState } from '../../../src/adapters/sqlite/state.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemRandomness } from '../../../src/adapters/system/randomness.ts';
import { startWorker } from '../../../src/data-plane/worker.ts';
import type { OwnStage } from './stages.ts';
import type { WriteDrain, Writes } from '../../../src/ports/writes/port.ts';
import { followWriteKeys } from '../../../src/profiles/write-keys.ts';

const [folder = '', name = ''] = process.argv.slice(2);
let armed: OwnStage | null = null;
process.on('message', (stage: OwnStage | 'none') => {
  armed = stage === 'none' ? null : stage;
});
process.on('disconnect', () => process.exit());

const die = (): void => void process.kill(process.pid, 'SIGKILL');

function mortalDrain(drain: WriteDrain): WriteDrain {
  return {
    claim: async (request) => {
      const claimed = await drain.claim(request);
      if (armed === 'claimed' && claimed.length > 0) die();
      return claimed;
    },
    acknowledge: async (claimed, outcome) => {
      const settled = await drain.acknowledge(claimed, outcome);
      if (armed === 'acknowledged') die();
      return settled;
    },
    delay: (claimed, delayMs) => drain.delay(claimed, delayMs),
    deadLetter: (claimed, reason) => drain.deadLetter(claimed, reason),
    close: () => drain.close(),
  };
}

function mortal(writes: Writes): Writes {
  return {
    append: async (write) => {
      const appending = writes.append(write);
      // Somewhere between the first byte and the sync that covers it.
      if (armed === 'logged') setTimeout(die, Math.random() * 3);
      const accepted = await appending;
      if (armed === 'synced') die();
      return accepted;
    },
    quiet: () => writes.quiet(),
    backlog: (feature, key) => writes.backlog(feature, key),
    find: (id) => writes.find(id),
    stats: () => writes.stats(),
    deadLetters: (query) => writes.deadLetters(query),
    requeue: (id, changes) => writes.requeue(id, changes),
    discard: (id) => writes.discard(id),
    drain: async (lease) => mortalDrain(await writes.drain(lease)),
    close: () => writes.close(),
  };
}

const log = { info() {}, warn() {}, error() {}, progress() {} };
const parts = { clock: systemClock, randomness: systemRandomness, log };
const lastGoodFolder = join(folder, name);
mkdirSync(lastGoodFolder, { recursive: true });
const { keys } = await followWriteKeys(join(folder, 'keys.json'), parts);
const worker = await startWorker({
  id: name,
  state: await openSqliteState({ folder }),
  blobs: await openFilesystemBlobs({ folder: join(folder, 'blobs') }),
  ...parts,
  listen: { http: { address: '127.0.0.1', port: 0 }, https: null, internal: null },
  lastGoodFolder,
  isFast: true,
  queue: {
    writes: mortal(await openLogWrites({ path: join(folder, 'writes'), segmentBytes: 64 * 1024 })),
    keys,
    journal: await openSqliteJournal({ folder }),
    holder: `${name}.${process.pid}`,
  },
});
process.send?.({ port: worker.address.port });
