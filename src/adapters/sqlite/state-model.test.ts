import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JsonValue } from '../../lib/json.ts';
import type { State, StateChange, StateEntry } from '../../ports/state/port.ts';
import { eventually } from '../../../tests/support/eventually.ts';
import { count } from '../../../tests/support/prove.ts';
import { testSeed } from '../../../tests/support/seed.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { openSqliteState } from './state.ts';

const root = await temporaryFolder('state-model');
const { randomness } = testSeed('state against a model');

/** The whole of what state promises to a single user, as a Map. */
class Model {
  readonly entries = new Map<string, StateEntry>();
  #lastRevision = 0;

  written(key: string, value: JsonValue, revision: number): void {
    this.changed(revision);
    this.entries.set(key, { key, value, revision });
  }

  changed(revision: number): void {
    assert.ok(revision > this.#lastRevision, `revision ${revision} after ${this.#lastRevision}`);
    this.#lastRevision = revision;
  }

  revisionOf(key: string): number {
    return this.entries.get(key)?.revision ?? 0;
  }

  list(prefix: string): StateEntry[] {
    return [...this.entries.values()]
      .filter((entry) => entry.key.startsWith(prefix))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}

test('any sequence of operations over several connections does what a Map would do', async () => {
  const folder = await mkdtemp(join(root, 'site-'));
  const open = () => openSqliteState({ folder });
  const connections = [await open(), await open(), await open()];
  const model = new Model();
  const prefixes = ['', 'a/', 'b/1', 'c'];
  const watchers = await Promise.all(
    prefixes.map((prefix, index) => follow(pick(connections, index), prefix)),
  );
  for (let step = 0; step < count(1_500, 30_000); step += 1) {
    await randomStep(pick(connections, randomness.integer(3)), model);
  }
  for (const [index, prefix] of prefixes.entries()) {
    const watcher = watchers[index];
    const expected = model.list(prefix);
    await eventually(`the watcher of "${prefix}" knows what is there`, () => {
      const known = [...(watcher?.known.values() ?? [])];
      return (
        known.length === expected.length &&
        expected.every((entry) => watcher?.known.get(entry.key)?.revision === entry.revision)
      );
    });
    watcher?.close();
  }
  await Promise.all(connections.map((connection) => connection.close()));
});

function pick<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length];
  assert.ok(item !== undefined);
  return item;
}

async function randomStep(state: State, model: Model): Promise<void> {
  const key = `${pick(['a', 'b', 'c'], randomness.integer(3))}/${randomness.integer(12)}`;
  const value = { number: randomness.integer(1_000), text: randomness.id(randomness.integer(40)) };
  const isRight = randomness.integer(3) > 0;
  const expected = isRight ? model.revisionOf(key) : randomness.integer(1_000);
  switch (randomness.integer(7)) {
    case 0:
    case 1:
      model.written(key, value, await state.put(key, value));
      return;
    case 2:
      return checkCompareAndSet(state, model, key, value, expected);
    case 3: {
      const wasThere = model.entries.delete(key);
      assert.equal(await state.delete(key), wasThere);
      return;
    }
    case 4: {
      const isThere = model.entries.has(key) && model.revisionOf(key) === expected;
      assert.equal(await state.delete(key, expected), isThere);
      if (isThere) model.entries.delete(key);
      return;
    }
    case 5:
      assert.deepEqual(await state.get(key), model.entries.get(key) ?? null);
      return;
    default: {
      const prefix = key.slice(0, randomness.integer(key.length + 1));
      assert.deepEqual(await state.list(prefix), model.list(prefix));
    }
  }
}

async function checkCompareAndSet(
  state: State,
  model: Model,
  key: string,
  value: JsonValue,
  expectedRevision: number,
): Promise<void> {
  const result = await state.compareAndSet(key, value, expectedRevision);
  if (model.revisionOf(key) === expectedRevision) {
    assert.equal(result.kind, 'written');
    if (result.kind === 'written') model.written(key, value, result.revision);
  } else {
    assert.deepEqual(result, { kind: 'conflict', current: model.entries.get(key) ?? null });
  }
}

async function follow(state: State, prefix: string) {
  const known = new Map<string, StateEntry>();
  let lastRevision = 0;
  const watch = await state.watch(prefix, (change: StateChange) => {
    assert.ok(change.revision > lastRevision, 'changes come in order');
    lastRevision = change.revision;
    if (change.kind === 'put') known.set(change.key, change);
    else assert.ok(known.delete(change.key));
  });
  return { known, close: () => watch.close() };
}
