/**
 * What the tests of the embedded adapters run in processes of their own: `node storage-process.ts
 * <role> <setting>`.
 */
import { openSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { openSqliteState } from '../../src/adapters/sqlite/state.ts';
import { keepBusy } from './busy-loop.ts';
import type { ChildMessage } from './child-process.ts';

interface Setting {
  readonly folder: string;
  readonly name: string;
  readonly count: number;
}

const roles: Record<string, (setting: Setting) => Promise<void>> = {
  'watch busily': watchBusily,
  'hold a lock': holdLock,
  'append for ever': appendForEver,
  'count up': countUp,
  'be idle': beIdle,
  'acknowledge appends': acknowledgeAppends,
  'acknowledge puts': acknowledgePuts,
  'acknowledge unsynced inserts': acknowledgeUnsyncedInserts,
};

/** Reports how old each change was when it arrived, while the loop is 70 % busy. */
async function watchBusily({ folder, count }: Setting): Promise<void> {
  const state = await openSqliteState({ folder });
  const busy = new AbortController();
  const load = keepBusy(0.7, busy.signal);
  const agesMs: number[] = [];
  const order: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const watch = await state.watch('change/', (change) => {
    if (change.kind !== 'put') return;
    const { number, atNs } = change.value as { number: number; atNs: string };
    // The monotonic clock of the machine is one for all its processes.
    agesMs.push(Number(process.hrtime.bigint() - BigInt(atNs)) / 1e6);
    order.push(number);
    if (order.length === count) resolve();
  });
  say({ kind: 'watching' });
  await promise;
  busy.abort();
  say({ kind: 'seen', agesMs, order, load: await load });
  watch.close();
  await state.close();
  process.disconnect?.();
}

/**
 * Holds the write lock of state.db, or of another file in the folder, until it is told to let go.
 */
async function holdLock({ folder, name }: Setting): Promise<void> {
  const database = new DatabaseSync(`${folder}/${name}`, { timeout: 5_000 });
  database.exec('BEGIN EXCLUSIVE');
  say({ kind: 'held' });
  await new Promise((resolve) => process.once('message', resolve));
  database.exec('COMMIT');
  database.close();
  process.disconnect?.();
}

/**
 * Appends, puts and counts as fast as it can, and reports what was acknowledged, until it is
 * killed.
 */
async function appendForEver({ folder, name }: Setting): Promise<void> {
  const [state, journal] = await Promise.all([
    openSqliteState({ folder }),
    openSqliteJournal({ folder }),
  ]);
  say({ kind: 'started' });
  const append = async () => {
    for (let number = 0; ; number += 1) {
      const data = { name, number };
      const entry = await journal.append({ kind: 'proof', subject: name, who: name, data });
      say({ kind: 'appended', position: entry.position, number });
    }
  };
  const put = async () => {
    for (let number = 0; ; number += 1) {
      say({ kind: 'put', revision: await state.put(`put/${name}`, number), number });
      if (number % 3 === 0) await state.delete(`put/${name}`);
    }
  };
  await Promise.all([append(), append(), append(), put()]);
}

/** Adds one to a key as many times as it is told, by compare-and-set. */
async function countUp({ folder, name, count }: Setting): Promise<void> {
  const state = await openSqliteState({ folder });
  for (let done = 0; done < count;) {
    const entry = await state.get(name);
    const next = Number(entry?.value ?? 0) + 1;
    const result = await state.compareAndSet(name, next, entry?.revision ?? 0);
    if (result.kind === 'written') done += 1;
  }
  await state.close();
  say({ kind: 'counted' });
  process.disconnect?.();
}

/** Opens both, uses them once, and leaves them open. */
async function beIdle({ folder }: Setting): Promise<void> {
  const state = await openSqliteState({ folder });
  await state.put('idle', true);
  await (await openSqliteJournal({ folder })).last();
  say({ kind: 'idle' });
  process.disconnect?.();
}

async function acknowledgeAppends({ folder, count }: Setting): Promise<void> {
  const journal = await openSqliteJournal({ folder });
  const append = () => journal.append({ kind: 'proof', subject: 'site', who: 'test' });
  await acknowledgeEach(folder, count, append);
  await journal.close();
}

async function acknowledgePuts({ folder, count }: Setting): Promise<void> {
  const state = await openSqliteState({ folder });
  await acknowledgeEach(folder, count, () => state.put('key', 'value'));
  await state.close();
}

/** What must not be taken for durable. */
async function acknowledgeUnsyncedInserts({ folder, count }: Setting): Promise<void> {
  const database = new DatabaseSync(`${folder}/unsynced.db`);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE t (a)');
  await acknowledgeEach(folder, count, async () => database.exec('INSERT INTO t VALUES (1)'));
  database.close();
}

/** One small write to `acks` after each, which a trace of system calls shows. */
async function acknowledgeEach(
  folder: string,
  count: number,
  act: () => Promise<unknown>,
): Promise<void> {
  const acks = openSync(`${folder}/acks`, 'w');
  for (let done = 0; done < count; done += 1) {
    await act();
    writeSync(acks, 'ack');
  }
}

function say(message: ChildMessage): void {
  process.send?.(message);
}

const [role = '', setting = '{}'] = process.argv.slice(2);
const play = roles[role];
if (!play) throw new Error(`no role ${role}`);
await play(JSON.parse(setting) as Setting);
