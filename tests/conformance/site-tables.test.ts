import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFilesystemBlobs } from '../../src/adapters/filesystem/blobs.ts';
import { createSimulatedClock } from '../../src/adapters/simulated/clock.ts';
import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { openSqliteState } from '../../src/adapters/sqlite/state.ts';
import { LIVE_ENTRIES_LIMIT, tableStateKey } from '../../src/contract/table-names.ts';
import { type LiveTableEntry, TABLES_PREFIX } from '../../src/contract/tables.ts';
import { SiteTables } from '../../src/controller/tables/site-tables.ts';
import type { TableChange } from '../../src/controller/tables/table-changes.ts';
import type { TableDefinition } from '../../src/derive/edge/edge-configuration.ts';
import type { State } from '../../src/ports/state/port.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const log = { info() {}, warn() {}, error() {}, progress() {} };

function put(key: string, more: Partial<TableChange> = {}): TableChange {
  return { kind: 'put', key, value: null, expiresMs: null, expect: null, ...more };
}

function remove(key: string): TableChange {
  return { ...put(key), kind: 'remove' };
}

function first(key: string, value: string | null = null) {
  return { key, value, why: 'from the start', author: 'ada', expiresMs: null };
}

interface Edge {
  tables: TableDefinition[];
  readonly files: Record<string, string>;
}

async function open() {
  const folder = await temporaryFolder('site-tables');
  const state = await openSqliteState({ folder });
  const journal = await openSqliteJournal({ folder });
  const blobs = await openFilesystemBlobs({ folder });
  const clock = createSimulatedClock(1_000_000);
  const edge: Edge = {
    tables: [
      { name: 'wall', kind: 'cidr', entries: [first('10.0.0.0/8')], file: 'wall.txt' },
      { name: 'moved', kind: 'map', entries: [first('/a', '/b')], file: null },
      { name: 'words', kind: 'set', entries: [], file: null },
    ],
    files: { 'wall.txt': await blobs.put(Buffer.from('192.0.2.0/24\n198.51.100.7\n')) },
  };
  const parts = { state, journal, blobs, clock, log, edge: () => edge };
  const tables = new SiteTables({ ...parts, trustedHops: () => ['172.16.0.0/12'] });
  const change = (table: string, changes: readonly TableChange[], force = false) =>
    tables.change({ table, changes, who: 'cli', why: 'a test', force });
  return {
    ...parts,
    tables,
    edge,
    change,
    async [Symbol.asyncDispose]() {
      await tables.close();
      await state.close();
      await journal.close();
    },
  };
}

async function entryAt(state: State, key: string): Promise<LiveTableEntry | null> {
  return ((await state.get(key))?.value ?? null) as LiveTableEntry | null;
}

test('what edge.yaml or its file has is taken out by an entry', async () => {
  await using site = await open();
  const [out] = await site.change('wall', [remove('192.0.2.0/24')]);
  assert.equal(out?.before?.from, 'file');
  const key = tableStateKey('wall', '192.0.2.0/24');
  assert.equal((await entryAt(site.state, key))?.isRemoved, true);
  assert.deepEqual(await site.tables.find('wall', '192.0.2.9'), []);
  await assert.rejects(site.change('wall', [remove('192.0.2.0/24')]), {
    code: 'table-entry-unknown',
  });
  await site.change('wall', [put('192.0.2.0/24')]);
  assert.equal((await site.tables.find('wall', '192.0.2.9'))[0]?.from, 'live');
  // Live and from the start: it must be said that both are gone.
  await site.change('wall', [remove('192.0.2.0/24')]);
  assert.equal((await entryAt(site.state, key))?.isRemoved, true);
  await site.change('wall', [put('203.0.113.1')]);
  await site.change('wall', [remove('203.0.113.1')]);
  assert.equal(await site.state.get(tableStateKey('wall', '203.0.113.1')), null);
  const held = await site.tables.find('wall', '10.1.2.3');
  assert.deepEqual(
    held.map(({ key, author, why }) => [key, author, why]),
    [['10.0.0.0/8', 'ada', 'from the start']],
  );
});

test('an entry that hides what edge.yaml has no more is collected', async () => {
  await using site = await open();
  await site.change('wall', [remove('10.0.0.0/8')]);
  await site.clock.advance(10_000);
  const key = tableStateKey('wall', '10.0.0.0/8');
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.notEqual(await site.state.get(key), null);
  site.edge.tables = site.edge.tables.map((table) => ({ ...table, entries: [] }));
  await site.clock.advance(10_000);
  await eventually('it is collected', async () => (await site.state.get(key)) === null);
});

test('what has expired is gone for everybody at once, and from state a little later', async () => {
  await using site = await open();
  const nowMs = site.clock.nowMs();
  await site.change('bans', [put('203.0.113.1', { expiresMs: nowMs + 2_000 })]);
  assert.equal((await site.tables.find('bans', '203.0.113.1')).length, 1);
  await site.clock.advance(2_000);
  assert.equal((await site.tables.find('bans', '203.0.113.1')).length, 0);
  assert.equal((await site.tables.page('bans', null, 100)).entries.length, 0);
  await site.clock.advance(10_000);
  await eventually('it is gone', async () => (await site.state.list(TABLES_PREFIX)).length === 0);
  const expired = await site.journal.range({ kind: 'table.expired' });
  assert.deepEqual(
    expired.map(({ subject, data }) => [subject, data]),
    [['bans', { count: 1, keys: ['203.0.113.1'] }]],
  );
});

test('of changes that come together all are made or none', async () => {
  await using site = await open();
  for (const [table, wrong, code] of [
    ['bans', put('203.0.113.9/24'), 'table-entry-invalid'],
    ['bans', put('rubbish'), 'table-entry-invalid'],
    ['bans', put('172.16.3.4'), 'ban-too-wide'],
    ['bans', put('172.0.0.0/8'), 'ban-too-wide'],
    ['bans', put('::1'), 'ban-too-wide'],
    ['bans', put('::ffff:0.0.0.0/96'), 'ban-too-wide'],
    ['bans', put('203.0.113.2', { expect: 7 }), 'table-entry-changed'],
    ['moved', put('/x'), 'table-entry-invalid'],
    ['words', put('x', { value: 'y' }), 'table-entry-invalid'],
    ['words', put('two\nlines'), 'table-entry-invalid'],
    ['words', put('x'.repeat(301)), 'table-entry-invalid'],
    ['wordz', put('x'), 'table-unknown'],
  ] as const) {
    const good = put(table === 'bans' ? '203.0.113.1' : 'good');
    await assert.rejects(site.change(table, [good, wrong]), { code }, JSON.stringify(wrong));
  }
  assert.deepEqual(await site.state.list(TABLES_PREFIX), []);
  assert.equal(await site.journal.last(), 0);
  await site.change('bans', [put('0.0.0.0/0')], true);
});

test('each change is journaled with before and after; saying it again is none', async () => {
  await using site = await open();
  await site.change('moved', [put('/a', { value: '/c' })]);
  await site.change('moved', [put('/a', { value: '/c' })]);
  await site.change('moved', [remove('/a')]);
  const entries = await site.journal.range({ kind: 'table.changed' });
  assert.deepEqual(
    entries.map(({ subject, who, why }) => [subject, who, why]),
    [
      ['moved', 'cli', 'a test'],
      ['moved', 'cli', 'a test'],
    ],
  );
  const values = entries.map(({ data }) => {
    const { changes } = data as unknown as {
      changes: { before: { value: string } | null; after: { value: string } | null }[];
    };
    return changes.map(({ before, after }) => [before?.value, after?.value]);
  });
  assert.deepEqual(values, [[['/b', '/c']], [['/c', undefined]]]);
});

test('another who writes into state at the same time is seen, and not overwritten', async () => {
  await using site = await open();
  await site.change('words', [put('a')]);
  const theirs: LiveTableEntry = {
    table: 'words',
    key: 'a',
    value: null,
    isRemoved: false,
    author: 'auto-ban',
    why: 'theirs',
    atMs: 0,
    expiresMs: null,
  };
  // Not seen yet by whoever only follows.
  const written = site.state.put(tableStateKey('words', 'a'), theirs);
  const [, outcome] = await Promise.allSettled([
    written,
    site.change('words', [{ ...put('a'), value: null, expiresMs: site.clock.nowMs() + 5_000 }]),
  ]);
  const entry = await entryAt(site.state, tableStateKey('words', 'a'));
  if (outcome.status === 'rejected') assert.equal(entry?.why, 'theirs');
  else assert.equal(entry?.why, 'a test', 'theirs was seen before');
});

test('a ban that a worker made by itself is journaled by the controller, once', async () => {
  await using site = await open();
  await site.tables.summaries();
  const byItself: LiveTableEntry = {
    table: 'bans',
    key: '203.0.113.7',
    value: null,
    isRemoved: false,
    author: 'auto-ban',
    why: 'errors: 301 within 60 s',
    atMs: site.clock.nowMs(),
    expiresMs: site.clock.nowMs() + 60_000,
  };
  await site.state.put(tableStateKey('bans', '203.0.113.7'), byItself);
  const journaled = () => site.journal.range({ kind: 'table.changed' });
  await eventually('it is journaled', async () => (await journaled()).length === 1);
  const [entry] = await journaled();
  assert.deepEqual([entry?.who, entry?.why], ['auto-ban', 'errors: 301 within 60 s']);
  await site.change('bans', [remove('203.0.113.7')]);
  assert.deepEqual(
    (await journaled()).map(({ who }) => who),
    ['auto-ban', 'cli'],
  );
});

test('entries come page by page, also those whose names state cannot hold', async () => {
  await using site = await open();
  const keys = Array.from({ length: 25 }, (_, i) => `Word ${i} äöü`);
  await site.change(
    'words',
    keys.map((key) => put(key)),
  );
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<SiteTables['page']>> = await site.tables.page(
      'words',
      after,
      10,
    );
    seen.push(...page.entries.map(({ key }) => key));
    after = page.next;
  } while (after !== null);
  assert.deepEqual(seen.toSorted(), keys.toSorted());
  const summary = (await site.tables.summaries()).find(({ name }) => name === 'wall');
  assert.deepEqual(summary, { name: 'wall', kind: 'cidr', first: 3, live: 0 });
});

test('what people add at run time is bounded', async () => {
  await using site = await open();
  const many = Array.from({ length: LIVE_ENTRIES_LIMIT + 1 }, (_, i) => put(`w${i}`));
  await assert.rejects(site.change('words', many), { code: 'table-full' });
  assert.deepEqual(await site.state.list(TABLES_PREFIX), []);
});

test('what somebody else wrote in between is said, with how many changes were made', async () => {
  await using site = await open();
  const theirs = { table: 'words', key: 'b', value: null, isRemoved: false, author: 'x', atMs: 0 };
  const { state } = site;
  const write = state.compareAndSet.bind(state);
  state.compareAndSet = async (key, value, revision) => {
    if (key.endsWith('/b')) await state.put(key, { ...theirs, why: null, expiresMs: null });
    return write(key, value, revision);
  };
  await assert.rejects(site.change('words', [put('a'), put('b'), put('c')]), {
    code: 'table-entry-changed',
    message: /2 of the 3 changes were made/,
  });
  assert.equal((await entryAt(site.state, tableStateKey('words', 'b')))?.author, 'x');
  state.compareAndSet = write;
  const again = await site.change('words', [put('a'), put('b'), put('c')]);
  assert.deepEqual(
    again.map(({ outcome }) => outcome),
    ['unchanged', 'changed', 'unchanged'],
  );
});

test('what was made before its table was declared is taken out by its name', async () => {
  await using site = await open();
  const keys = ['::FFFF:192.0.2.9', '10.1.2.3/8', 'no address'];
  await site.change(
    'later',
    keys.map((key) => put(key)),
    true,
  );
  site.edge.tables = [
    ...site.edge.tables,
    { name: 'later', kind: 'cidr', entries: [], file: null },
  ];
  for (const key of keys) {
    assert.equal((await site.tables.find('later', key))[0]?.key, key);
    const [gone] = await site.change('later', [remove(key)]);
    assert.equal(gone?.outcome, 'removed');
  }
  await assert.rejects(site.change('later', [put('no address')]), { code: 'table-entry-invalid' });
  assert.deepEqual(await site.state.list(`${TABLES_PREFIX}later/`), []);
});

test('a check says what would be refused, and changes nothing', async () => {
  await using site = await open();
  const set = { table: 'bans', who: 'cli', why: null, force: false, isCheck: true };
  const refused = site.tables.change({ ...set, changes: [put('192.0.2.1'), put('172.16.0.1')] });
  await assert.rejects(refused, { code: 'ban-too-wide' });
  assert.deepEqual(await site.tables.change({ ...set, changes: [put('192.0.2.1')] }), []);
  assert.deepEqual(await site.state.list(TABLES_PREFIX), []);
  assert.deepEqual(await site.journal.range({ kind: 'table.changed' }), []);
});
