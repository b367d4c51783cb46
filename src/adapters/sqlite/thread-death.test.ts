import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { eventually } from '../../../tests/support/eventually.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { openSqliteState } from './state.ts';

const root = await temporaryFolder('thread-death');
const newFolder = () => mkdtemp(join(root, 'site-'));

/** Every thread that this process starts, newest last. */
const threads: Worker[] = [];
const noteThread = (thread: Worker) => threads.push(thread);
process.on('worker', noteThread);
after(() => process.off('worker', noteThread));

test('pending calls reject when their thread dies, later ones are answered', async () => {
  const folder = await newFolder();
  const state = await openSqliteState({ folder });
  await state.put('kept', 1);
  const blocker = new DatabaseSync(join(folder, 'state.db'));
  blocker.exec('BEGIN IMMEDIATE');
  const pending = Array.from({ length: 50 }, () => state.put('pending', 1));
  const rejects = pending.map((put) => assert.rejects(put, { code: 'state-unavailable' }));
  await threads.at(-1)?.terminate();
  await Promise.all(rejects);
  blocker.exec('ROLLBACK');
  blocker.close();
  const entry = await eventually('an answer', () => state.get('kept').catch(() => null));
  assert.equal(entry.value, 1);
  assert.equal(await state.put('later', 1), (await state.get('later'))?.revision);
  await state.close();
});

test('a watch goes on over the death of its thread and misses nothing', async () => {
  const folder = await newFolder();
  const watched = await openSqliteState({ folder });
  const thread = threads.at(-1);
  const other = await openSqliteState({ folder });
  const seen: string[] = [];
  const note = (change: { kind: string; key: string }) => seen.push(`${change.kind} ${change.key}`);
  const watch = await watched.watch('', note);
  await other.put('before', 1);
  await eventually('the first change', () => seen.length === 1);
  const died = thread?.terminate();
  await other.put('during', 1);
  await other.delete('before');
  await died;
  await eventually('the changes made meanwhile', () => seen.length === 3);
  await other.put('after', 1);
  await eventually('a change made afterwards', () => seen.length === 4);
  assert.deepEqual(seen, ['put before', 'put during', 'delete before', 'put after']);
  watch.close();
  await Promise.all([watched.close(), other.close()]);
});

test('a call beyond those that may wait is refused at once', async () => {
  const state = await openSqliteState({ folder: await newFolder(), pendingLimit: 10 });
  const calls = Array.from({ length: 15 }, (_, n) => state.put('many', n));
  const outcomes = await Promise.allSettled(calls);
  const refused = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [(outcome.reason as { code: string }).code] : [],
  );
  assert.deepEqual(
    refused,
    Array.from({ length: 5 }, () => 'state-unavailable'),
  );
  await state.close();
});

test('closing waits for what was asked for before', async () => {
  const folder = await newFolder();
  const state = await openSqliteState({ folder });
  const put = state.put('last', 1);
  await state.close();
  const revision = await put;
  const again = await openSqliteState({ folder });
  assert.equal((await again.get('last'))?.revision, revision);
  await again.close();
});
