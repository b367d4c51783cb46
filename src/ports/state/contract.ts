import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { describeWatches, type OpenState } from './contract-watches.ts';
import { STATE_VALUE_LIMIT_BYTES } from './limits.ts';
import type { State } from './port.ts';

/**
 * Every adapter of the state port passes this suite; `open` gives connections to one and the same
 * new, empty state.
 */
export function describeState(name: string, open: () => Promise<OpenState>): void {
  describe(`${name} as state`, () => {
    describe('keys and values', () => describeValues(open));
    describe('compare-and-set', () => describeCompareAndSet(open));
    describe('leases', () => describeLeases(open));
    describe('watches', () => describeWatches(open));
  });
}

function describeValues(open: () => Promise<OpenState>): void {
  test('gives back what was put, with its revision', async () => {
    const { state, connect } = await open();
    const value = { text: 'ünïcödé ☎', list: [1, 2.5, null, true], nested: { empty: {} } };
    const revision = await state.put('a/b', value);
    assert.deepEqual(await state.get('a/b'), { key: 'a/b', value, revision });
    assert.deepEqual(await (await connect()).get('a/b'), { key: 'a/b', value, revision });
  });

  test('knows null as a value and an absent key as no entry', async () => {
    const { state } = await open();
    await state.put('nothing', null);
    assert.equal((await state.get('nothing'))?.value, null);
    assert.equal(await state.get('absent'), null);
  });

  test('revisions grow with every change of any key, also over deletes', async () => {
    const { state } = await open();
    const seen = [await state.put('a', 1), await state.put('b', 1), await state.put('a', 2)];
    await state.delete('a');
    await state.delete('b');
    seen.push(await state.put('a', 3));
    assert.deepEqual(
      seen,
      seen.toSorted((x, y) => x - y),
    );
    assert.equal(new Set(seen).size, seen.length);
    assert.ok((seen[0] ?? 0) > 0);
    assert.ok((seen[3] ?? 0) >= (seen[2] ?? 0) + 3, 'both deletes took a revision');
  });

  test('delete says whether it deleted', async () => {
    const { state } = await open();
    assert.equal(await state.delete('a'), false);
    const revision = await state.put('a', 1);
    assert.equal(await state.delete('a', revision + 1), false);
    assert.equal(await state.delete('a', revision), true);
    assert.equal(await state.delete('a', revision), false);
    assert.equal(await state.get('a'), null);
  });

  test('lists by prefix in the order of keys, without what was deleted', async () => {
    const { state } = await open();
    for (const key of ['b/2', 'b/10', 'b', 'a', 'bb', 'b/1', 'c']) await state.put(key, key);
    await state.delete('b/10');
    const keys = async (prefix: string) => (await state.list(prefix)).map((entry) => entry.key);
    assert.deepEqual(await keys('b/'), ['b/1', 'b/2']);
    assert.deepEqual(await keys('b'), ['b', 'b/1', 'b/2', 'bb']);
    assert.deepEqual(await keys(''), ['a', 'b', 'b/1', 'b/2', 'bb', 'c']);
    assert.deepEqual(await keys('d'), []);
  });

  test('keeps a value of the largest size and refuses a larger one', async () => {
    const { state } = await open();
    const largest = 'x'.repeat(STATE_VALUE_LIMIT_BYTES - 2);
    await state.put('large', largest);
    assert.equal((await state.get('large'))?.value, largest);
    await assert.rejects(state.put('large', `${largest}x`), { code: 'state-value-too-large' });
  });

  test('refuses keys that not every store could keep', async () => {
    const { state } = await open();
    for (const key of ['', '/', 'a//b', '/a', 'a/', 'A', 'a b', 'ä', 'x'.repeat(600)]) {
      await assert.rejects(state.put(key, 1), { code: 'state-key-invalid' }, key);
      await assert.rejects(state.get(key), { code: 'state-key-invalid' }, key);
    }
  });

  test('answers nothing after it was closed', async () => {
    const { connect } = await open();
    const state = await connect();
    await state.close();
    await assert.rejects(state.get('a'), { code: 'state-unavailable' });
  });
}

function describeCompareAndSet(open: () => Promise<OpenState>): void {
  test('writes over the expected revision and shows the other on a conflict', async () => {
    const { state } = await open();
    const first = await state.compareAndSet('a', 1, 0);
    assert.equal(first.kind, 'written');
    const revision = first.kind === 'written' ? first.revision : 0;
    assert.deepEqual(await state.compareAndSet('a', 2, 0), {
      kind: 'conflict',
      current: { key: 'a', value: 1, revision },
    });
    assert.equal((await state.compareAndSet('a', 2, revision)).kind, 'written');
    assert.equal((await state.get('a'))?.value, 2);
  });

  test('expects nothing where the key was deleted', async () => {
    const { state } = await open();
    const revision = await state.put('a', 1);
    await state.delete('a');
    assert.deepEqual(await state.compareAndSet('a', 2, revision), {
      kind: 'conflict',
      current: null,
    });
    assert.equal((await state.compareAndSet('a', 2, 0)).kind, 'written');
  });

  test('loses no update when many connections count together', async () => {
    const { state, connect } = await open();
    const connections = await Promise.all([connect(), connect(), connect()]);
    const countUp = async (connection: State) => {
      for (let done = 0; done < 15;) {
        const entry = await connection.get('count');
        const next = Number(entry?.value ?? 0) + 1;
        const result = await connection.compareAndSet('count', next, entry?.revision ?? 0);
        if (result.kind === 'written') done += 1;
      }
    };
    await Promise.all(connections.map(countUp));
    assert.equal((await state.get('count'))?.value, 45);
  });
}

function describeLeases(open: () => Promise<OpenState>): void {
  test('one holder at a time, and the next once it is released', async () => {
    const { state, connect } = await open();
    const other = await connect();
    const lease = await state.lease('drain', 'one', 60_000);
    assert.ok(lease);
    assert.equal(await other.lease('drain', 'two', 60_000), null);
    assert.equal(await lease.renew(60_000), true);
    await lease.release();
    const next = await other.lease('drain', 'two', 60_000);
    assert.ok(next);
    assert.ok(next.fence > lease.fence, 'the fence grows');
    assert.equal(await lease.renew(60_000), false, 'the first has lost it');
    await lease.release();
    assert.equal(await state.lease('drain', 'one', 60_000), null, 'and cannot release it for two');
  });

  test('of many that reach for a free lease one gets it', async () => {
    const { state, connect } = await open();
    const connections = [state, await connect(), await connect()];
    const takes = Array.from({ length: 12 }, (_, index) =>
      connections[index % 3]?.lease('leader', `holder-${index}`, 60_000),
    );
    assert.equal((await Promise.all(takes)).filter(Boolean).length, 1);
  });

  test('is free again when its time is over', async () => {
    const { state } = await open();
    const lease = await state.lease('short', 'one', 30);
    assert.ok(lease);
    let next = await state.lease('short', 'two', 60_000);
    for (let round = 0; !next && round < 500; round += 1) {
      await delay(5);
      next = await state.lease('short', 'two', 60_000);
    }
    assert.ok(next && next.fence > lease.fence);
    assert.equal(await lease.renew(60_000), false);
  });

  test('a restarted holder takes its own lease at once, under a new fence', async () => {
    const { state, connect } = await open();
    const before = await state.lease('mine', 'worker-1', 60_000);
    const after = await (await connect()).lease('mine', 'worker-1', 60_000);
    assert.ok(before && after && after.fence > before.fence);
    assert.equal(await before.renew(60_000), false);
    assert.equal(await after.renew(60_000), true);
  });

  test('leases are not entries', async () => {
    const { state } = await open();
    await state.lease('drain', 'one', 60_000);
    assert.deepEqual(await state.list(''), []);
  });
}
