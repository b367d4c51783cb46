import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { StateChange } from '../../ports/state/port.ts';
import { eventually } from '../../../tests/support/eventually.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { createStateReads, createStateWrites } from './state-operations.ts';
import { openSqliteState } from './state.ts';

const root = await temporaryFolder('tombstones');

/** State in a new folder, and its operations on a connection of their own that forgets at once. */
async function openForgetful(limits: { count: number; ageMs: number }) {
  const folder = await mkdtemp(join(root, 'site-'));
  const state = await openSqliteState({ folder });
  const database = new DatabaseSync(join(folder, 'state.db'), { timeout: 5_000 });
  const writes = createStateWrites(database, limits);
  const reads = createStateReads(database);
  const nowMs = Date.now();
  return {
    state,
    database,
    reads,
    put: (key: string) => writes.put({ key, value: '1', nowMs }),
    remove: (key: string) => writes.delete({ key, expectedRevision: null, nowMs }),
    tombstones: () =>
      Number(database.prepare('SELECT count(*) AS n FROM entry WHERE value IS NULL').get()?.['n']),
    async close() {
      database.close();
      await state.close();
    },
  };
}

test('tombstones stay within their bound, however many keys come and go', async () => {
  const { put, remove, tombstones, reads, database, close } = await openForgetful({
    count: 10,
    ageMs: -1,
  });
  database.exec('BEGIN IMMEDIATE');
  for (let number = 0; number < 500; number += 1) {
    put(`key/${number}`);
    remove(`key/${number}`);
    assert.ok(tombstones() <= 11);
  }
  database.exec('COMMIT');
  assert.equal(reads.changes({ prefix: '', after: 5 }).kind, 'compacted');
  assert.equal(reads.changes({ prefix: '', after: 1_000 }).kind, 'changes');
  await close();
});

test('young tombstones stay until there are ten times as many as wanted', async () => {
  const { put, remove, tombstones, close } = await openForgetful({ count: 10, ageMs: 3_600_000 });
  let most = 0;
  for (let number = 0; number < 150; number += 1) {
    put(`key/${number}`);
    remove(`key/${number}`);
    most = Math.max(most, tombstones());
  }
  assert.equal(most, 100);
  assert.equal(tombstones(), 100);
  await close();
});

test('a watcher that missed the deletes of forgotten keys is told of them still', async () => {
  const { state, database, put, remove, tombstones, close } = await openForgetful({
    count: 1,
    ageMs: -1,
  });
  for (const key of ['goes/1', 'goes/2', 'stays', 'changes']) put(key);
  const changes: StateChange[] = [];
  const watch = await state.watch('', (change) => changes.push(change));
  assert.equal(changes.length, 4);
  // One transaction, so that the watcher cannot see any of it before the tombstones are gone.
  database.exec('BEGIN IMMEDIATE');
  for (const key of ['goes/1', 'goes/2', 'never-seen']) {
    put(key);
    remove(key);
  }
  put('changes');
  put('comes');
  put('last');
  remove('last');
  remove('last');
  database.exec('COMMIT');
  assert.ok(tombstones() <= 2);
  await eventually('all of it is told', () => changes.length >= 8);
  assert.deepEqual(
    changes.slice(4).map((change) => `${change.kind} ${change.key}`),
    ['delete goes/1', 'delete goes/2', 'put changes', 'put comes'],
  );
  watch.close();
  await close();
});

test('revisions are not used again after all tombstones are forgotten', async () => {
  const { state, put, remove, tombstones, close } = await openForgetful({ count: 0, ageMs: -1 });
  put('only');
  remove('only');
  assert.equal(tombstones(), 0);
  assert.equal(await state.put('only', 1), 3);
  await close();
});
