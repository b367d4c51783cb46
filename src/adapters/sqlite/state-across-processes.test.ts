import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from '../../../tests/support/child-process.ts';
import { percentilesOf } from '../../../tests/support/percentiles.ts';
import { count, isProving, reportNumbers } from '../../../tests/support/prove.ts';
import { testSeed } from '../../../tests/support/seed.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { openSqliteState } from './state.ts';

const root = await temporaryFolder('state-processes');
const { randomness } = testSeed('state across processes');
const newFolder = () => mkdtemp(join(root, 'site-'));

test('changes reach two processes at 70 % load, in order, none missed', async () => {
  const folder = await newFolder();
  const changes = count(100, 1_000);
  const setting = { folder, count: changes };
  const watchers = [1, 2].map(() => startChild('storage-process.ts', 'watch busily', setting));
  await Promise.all(watchers.map((watcher) => watcher.says('watching')));
  const state = await openSqliteState({ folder });
  const putsMs: number[] = [];
  for (let number = 0; number < changes; number += 1) {
    const atNs = String(process.hrtime.bigint());
    await state.put(`change/${number}`, { number, atNs });
    putsMs.push(Number(process.hrtime.bigint() - BigInt(atNs)) / 1e6);
    await delay(randomness.integer(20));
  }
  reportNumbers('milliseconds of a put, its sync included', percentilesOf(putsMs));
  for (const watcher of watchers) {
    const { agesMs, order, load } = await watcher.says('seen');
    const ages = percentilesOf(agesMs as number[]);
    reportNumbers('milliseconds from put to a watcher in another process', { ...ages, load });
    assert.deepEqual(
      order,
      Array.from({ length: changes }, (_, index) => index),
    );
    if (isProving) assert.ok((ages['p99'] ?? Infinity) < 100, 'p99 under 100 ms');
    assert.equal(await watcher.exited(), 0);
  }
  await state.close();
});

test('processes that count together lose no update', async () => {
  const folder = await newFolder();
  const each = count(40, 500);
  const setting = { folder, name: 'counter', count: each };
  const children = [1, 2, 3].map(() => startChild('storage-process.ts', 'count up', setting));
  await Promise.all(children.map((child) => child.says('counted')));
  const state = await openSqliteState({ folder });
  assert.equal((await state.get('counter'))?.value, 3 * each);
  await state.close();
});

test('state and journal that nobody waits for do not keep their process alive', async () => {
  const child = startChild('storage-process.ts', 'be idle', { folder: await newFolder() });
  await child.says('idle');
  assert.equal(await child.exited(), 0);
});
