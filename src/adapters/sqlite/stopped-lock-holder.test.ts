import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { State } from '../../ports/state/port.ts';
import { startChild } from '../../../tests/support/child-process.ts';
import { eventually } from '../../../tests/support/eventually.ts';
import { count, isProving, reportNumbers } from '../../../tests/support/prove.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { openSqliteJournal } from './journal.ts';
import { openSqliteState } from './state.ts';

const root = await temporaryFolder('stopped-holder');

async function stopHolder(folder: string, name: string) {
  const holder = startChild('storage-process.ts', 'hold a lock', { folder, name });
  await holder.says('held');
  holder.signal('SIGSTOP');
  return {
    async letGo() {
      holder.tell('let go');
      holder.signal('SIGCONT');
      assert.equal(await holder.exited(), 0);
    },
  };
}

/** The delays of this process's event loop, in milliseconds, while `use` goes on. */
async function loopDelays(use: () => Promise<void>) {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await use();
  histogram.disable();
  const inMs = (value: number) => Math.round(value / 1e4) / 100;
  return {
    p50: inMs(histogram.percentile(50)),
    p99: inMs(histogram.percentile(99)),
    max: inMs(histogram.max),
  };
}

/** What a worker does with its state; returns how its puts ended. */
async function useState(state: State, forMs: number): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>();
  const puts: Promise<void>[] = [];
  const note = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const untilMs = performance.now() + forMs;
  for (let number = 0; performance.now() < untilMs; number += 1) {
    const put = state.put('used', number);
    puts.push(
      put.then(
        () => void note('written'),
        (error: { code: string }) => void note(error.code),
      ),
    );
    await state.get('used');
    await delay(5);
  }
  await Promise.all(puts);
  return outcomes;
}

test('the event loop never waits for a lock whose holder is stopped', async () => {
  const folder = await mkdtemp(join(root, 'site-'));
  const timeoutMs = 1_000;
  const forMs = count(1_500, 15_000);
  const state = await openSqliteState({ folder, timeoutMs });
  const watch = await state.watch('', () => undefined);
  let outcomes = new Map<string, number>();
  const use = async () => {
    outcomes = await useState(state, forMs);
  };
  const free = await loopDelays(use);
  assert.deepEqual([...outcomes.keys()], ['written']);

  const holder = await stopHolder(folder, 'state.db');
  const held = await loopDelays(use);
  assert.deepEqual([...outcomes.keys()], ['state-unavailable'], 'a clear error each, in time');
  reportNumbers('milliseconds of event loop delay, lock free and lock held', { free, held });
  assert.ok(held.max < timeoutMs * 0.9, 'no turn of the loop waited for the lock');
  if (isProving) assert.ok(held.p99 <= free.p99 * 1.2 + 1, 'p99 is unchanged');

  await holder.letGo();
  await eventually('a put succeeds again', () => state.put('used', 'again').catch(() => null));
  watch.close();
  await state.close();
});

test('a put waits without blocking and is written once the holder goes on', async () => {
  const folder = await mkdtemp(join(root, 'site-'));
  const state = await openSqliteState({ folder, timeoutMs: 60_000 });
  await state.put('present', 1);
  const holder = await stopHolder(folder, 'state.db');
  const seen: number[] = [];
  const put = state.put('waits', 1);
  const watch = await state.watch('', (change) => seen.push(change.revision));
  assert.deepEqual(seen, [1], 'a watch begins, a list answers, while a put waits');
  assert.equal((await state.list('')).length, 1);
  await holder.letGo();
  assert.equal(await put, 2);
  await eventually('the watcher is told', () => seen.length === 2);
  watch.close();
  await state.close();
});

test('a process can start, read and watch while the lock is held', async () => {
  const folder = await mkdtemp(join(root, 'site-'));
  const first = await openSqliteState({ folder });
  await first.put('present', 1);
  const holder = await stopHolder(folder, 'state.db');
  const second = await openSqliteState({ folder, timeoutMs: 500 });
  assert.equal((await second.get('present'))?.value, 1);
  const watch = await second.watch('', () => undefined);
  watch.close();
  await assert.rejects(second.put('present', 2), { code: 'state-unavailable' });
  await holder.letGo();
  await Promise.all([first.close(), second.close()]);
});

test('the journal says that it cannot be written, and is read all the same', async () => {
  const folder = await mkdtemp(join(root, 'site-'));
  const journal = await openSqliteJournal({ folder, timeoutMs: 300 });
  const entry = { kind: 'a.b', subject: 'site', who: 'test' };
  await journal.append(entry);
  const holder = await stopHolder(folder, 'journal.db');
  await assert.rejects(journal.append(entry), { code: 'journal-unavailable' });
  assert.equal((await journal.range({})).length, 1);
  await holder.letGo();
  const next = await eventually('it is written again', () =>
    journal.append(entry).catch(() => null),
  );
  assert.equal(next.position, 2, 'what was refused was not written');
  await journal.close();
});
