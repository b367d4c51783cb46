import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { count, reportNumbers } from '../../../tests/support/prove.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import type { Writes } from '../../ports/writes/port.ts';
import { linkWrites } from './link-writes.ts';
import { openLogWrites } from './writes.ts';

/** Small, so that segments are emptied, moved and removed all the time. */
const segmentBytes = 4_096;
const progressBytes = 16_384;

/** A queue that is written to and drained at once; each tenth write becomes a dead letter. */
class BusyQueue {
  readonly acknowledged = new Set<string>();
  readonly settling = new Set<string>();
  #on = true;
  #ended: Promise<unknown> = Promise.resolve();

  start(writes: Writes): void {
    this.#ended = Promise.all([this.#append(writes), this.#drain(writes)]);
  }

  async stop(): Promise<void> {
    this.#on = false;
    await this.#ended;
  }

  async #append(writes: Writes): Promise<void> {
    for (let n = 0; this.#on; n += 1) {
      const id = `write-${n}`;
      const body = Buffer.alloc(200, n % 256);
      await writes.append({
        id,
        feature: 'give.give',
        key: `key-${n % 7}`,
        body,
        forMs: 3_600_000,
      });
      this.acknowledged.add(id);
      // What is dead stays: without a pause a quick machine would copy ever more of it.
      if (n % 10 === 0) await delay(2);
    }
  }

  async #drain(writes: Writes): Promise<void> {
    const drain = await writes.drain({ fence: 1, holder: 'test' });
    while (this.#on) {
      const claimed = await drain.claim({ limit: 20, forMs: 60_000 });
      for (const write of claimed) {
        if (Number(write.id.slice(6)) % 10 === 0) {
          await drain.deadLetter(write, 'refused');
        } else {
          this.settling.add(write.id);
          await drain.acknowledge(write);
        }
      }
      if (claimed.length === 0) await delay(1);
    }
    await drain.close();
  }
}

/** Copies of one queue; then a new one, for what is dead stays in all later copies. */
const ROUNDS = 15;

interface Looked {
  readonly looked: number;
  readonly settled: number;
}

test('a copy of a queue in use holds every write acknowledged and not settled', async () => {
  const found: Looked[] = [];
  for (let n = 0; n < count(1, 20); n += 1) found.push(await copyWhileBusy());
  const sum = (pick: (each: Looked) => number): number =>
    found.reduce((total, each) => total + pick(each), 0);
  const looked = sum((each) => each.looked);
  assert.ok(looked > 0);
  const settled = sum((each) => each.settled);
  reportNumbers('copies of a busy queue', { rounds: ROUNDS * found.length, looked, settled });
});

/** Copies a queue that is written to and drained meanwhile, looking for it in the copies. */
async function copyWhileBusy(): Promise<Looked> {
  const root = await temporaryFolder('link-writes');
  const path = join(root, 'writes');
  const writes = await openLogWrites({ path, segmentBytes, progressBytes });
  const queue = new BusyQueue();
  queue.start(writes);
  let looked = 0;
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      await delay(40);
      const before = [...queue.acknowledged].filter((id) => !queue.settling.has(id));
      looked += await lookInCopy(path, join(root, String(round)), before, queue);
    }
  } finally {
    await queue.stop();
    await writes.close();
  }
  return { looked, settled: queue.settling.size };
}

/** How many of `before` it looked for, those not settled meanwhile. */
async function lookInCopy(
  path: string,
  folder: string,
  before: readonly string[],
  queue: BusyQueue,
): Promise<number> {
  const linked = linkWrites(path, join(folder, 'links'));
  const copy = join(folder, 'copy');
  for (const { path: file, bytes } of linked.files) {
    const target = join(copy, file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(linked.folder, file), target);
    truncateSync(target, bytes);
  }
  const copied = await openLogWrites({ path: copy, segmentBytes });
  try {
    const wanted = before.filter((one) => !queue.settling.has(one));
    for (const id of wanted) {
      const status = await copied.find(id);
      const kind = status?.kind ?? 'lost';
      assert.ok(kind !== 'lost' && kind !== 'done', `${id} is ${kind} in ${copy}`);
    }
    assert.deepEqual((await copied.stats()).damage, []);
    return wanted.length;
  } finally {
    await copied.close();
  }
}
