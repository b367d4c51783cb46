import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { JsonValue } from '../../lib/json.ts';
import type { State, StateChange } from './port.ts';

/** A new, empty state, and a way to reach it by another connection, as another process would. */
export interface OpenState {
  readonly state: State;
  connect(): Promise<State>;
}

/** The part of the state contract that is about watches. */
export function describeWatches(open: () => Promise<OpenState>): void {
  test('tells what is present before it resolves, then what changes, in order', async () => {
    const { state, connect } = await open();
    await state.put('watched/a', 1);
    await state.put('watched/b', 1);
    await state.delete('watched/b');
    await state.put('other', 1);
    const watcher = await follow(await connect(), 'watched/');
    assert.deepEqual(watcher.seen(), { 'watched/a': 1 });
    await state.put('watched/c', 2);
    await state.put('other', 2);
    await state.delete('watched/a');
    const last = await state.put('watched/d', 3);
    await watcher.reaches(last);
    assert.deepEqual(watcher.seen(), { 'watched/c': 2, 'watched/d': 3 });
    const revisions = watcher.changes.map((change) => change.revision);
    assert.deepEqual(
      revisions,
      revisions.toSorted((x, y) => x - y),
    );
    assert.ok(watcher.changes.every((change) => change.key.startsWith('watched/')));
    watcher.close();
  });

  test('shows a connection its own changes as well', async () => {
    const { state } = await open();
    const watcher = await follow(state, '');
    await watcher.reaches(await state.put('mine', 1));
    assert.deepEqual(watcher.seen(), { mine: 1 });
    watcher.close();
  });

  test('ends with the last value of a key that changes quickly', async () => {
    const { state, connect } = await open();
    const watcher = await follow(await connect(), '');
    let last = 0;
    for (let value = 0; value < 200; value += 1) last = await state.put('quick', value);
    await watcher.reaches(last);
    assert.deepEqual(watcher.seen(), { quick: 199 });
    watcher.close();
  });

  test('misses none of a thousand keys, those present and those to come', async () => {
    const { state, connect } = await open();
    const keys = Array.from({ length: 1_000 }, (_, index) => `key/${index}`);
    const put = (some: readonly string[]) => Promise.all(some.map((key) => state.put(key, key)));
    await put(keys.slice(0, 400));
    const writing = put(keys.slice(400));
    const watcher = await follow(await connect(), 'key/');
    await writing;
    await watcher.reaches(await state.put('key/last', 'last'));
    assert.deepEqual(Object.keys(watcher.seen()).sort(), [...keys, 'key/last'].sort());
    watcher.close();
  });

  test('tells nothing more once it is closed', async () => {
    const { state } = await open();
    const closed = await follow(state, '');
    closed.close();
    closed.close();
    const other = await follow(state, '');
    await other.reaches(await state.put('a', 1));
    assert.deepEqual(closed.changes, []);
    other.close();
  });
}

interface Follower {
  readonly changes: StateChange[];
  /** The entries as the watcher knows them. */
  seen(): Record<string, JsonValue>;
  /** Resolves when a change of that revision or a later one was told. */
  reaches(revision: number): Promise<void>;
  close(): void;
}

async function follow(state: State, prefix: string): Promise<Follower> {
  const changes: StateChange[] = [];
  const watch = await state.watch(prefix, (change) => changes.push(change));
  return {
    changes,
    seen() {
      const entries = new Map<string, JsonValue>();
      for (const change of changes) {
        if (change.kind === 'put') entries.set(change.key, change.value);
        else assert.ok(entries.delete(change.key), `${change.key} was known before its delete`);
      }
      return Object.fromEntries(entries);
    },
    async reaches(revision) {
      const deadlineMs = performance.now() + 10_000;
      while ((changes.at(-1)?.revision ?? 0) < revision) {
        assert.ok(performance.now() < deadlineMs, `revision ${revision} was told in 10 s`);
        await delay(2);
      }
    },
    close: () => watch.close(),
  };
}
