import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { createSimulatedClock } from '../../../src/adapters/simulated/clock.ts';
import type { LiveTableEntry } from '../../../src/contract/tables.ts';
import type { EdgeConfiguration } from '../../../src/derive/edge/edge-configuration.ts';
import type { AddressList } from '../../../src/lib/edge-language.ts';
import { eventually } from '../../support/eventually.ts';
import { count, reportNumbers } from '../../support/prove.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { Tables } from '../../../src/data-plane/edge/tables/tables.ts';

const log = { info() {}, warn() {}, error() {}, progress() {} };

function live(table: string, key: string, more: Partial<LiveTableEntry> = {}): LiveTableEntry {
  return {
    table,
    key,
    value: null,
    isRemoved: false,
    author: 'ada',
    why: null,
    atMs: 0,
    expiresMs: null,
    ...more,
  };
}

type Table = EdgeConfiguration['tables'][number];

function definition(name: string, kind: Table['kind'], more: Partial<Table> = {}): Table {
  return { name, kind, entries: [], file: null, ...more };
}

function first(key: string, value: string | null = null, expiresMs: number | null = null) {
  return { key, value, why: null, author: null, expiresMs };
}

async function open() {
  const folder = await temporaryFolder('tables');
  const clock = createSimulatedClock(1_000_000);
  return { folder, clock, tables: new Tables({ clock, log, folder }) };
}

const noText = (): string => '';

function configure(tables: Tables, declared: Table[], textOf: () => string): void {
  tables.prepare({ tables: declared }, textOf).use();
}

const holds = (tables: Tables, name: string, address: string): boolean =>
  (tables.get(name) as AddressList).holds(address);
const words = (tables: Tables, name: string): unknown =>
  Object.fromEntries(tables.get(name) as ReadonlyMap<string, string>);

test('a live entry goes before the others, and what it covered comes back', async () => {
  const { tables } = await open();
  const wall = definition('wall', 'cidr', { entries: [first('10.0.0.0/8')], file: 'wall.txt' });
  const file = '# ours\n192.0.2.0/24 # testing\n\n198.51.100.7\r\nrubbish\n';
  configure(tables, [wall], () => file);
  const view = tables.get('wall');
  assert.ok(holds(tables, 'wall', '192.0.2.9'));
  assert.ok(holds(tables, 'wall', '198.51.100.7'));
  tables.change('wall/192.0.2.0/24', live('wall', '192.0.2.0/24', { isRemoved: true }));
  assert.ok(!holds(tables, 'wall', '192.0.2.9'));
  tables.change('wall/2001:db8::/32', live('wall', '2001:db8::/32'));
  assert.ok(holds(tables, 'wall', '2001:db8::1'));
  tables.change('wall/192.0.2.0/24', null);
  tables.change('wall/2001:db8::/32', null);
  assert.ok(holds(tables, 'wall', '192.0.2.9'));
  assert.ok(!holds(tables, 'wall', '2001:db8::1'));
  assert.equal(tables.get('wall'), view);
});

test('of one key in a map edge.yaml counts before the file, and live before both', async () => {
  const { tables } = await open();
  const moved = definition('moved', 'map', { entries: [first('/a', '/1')], file: 'moved.txt' });
  configure(tables, [moved], () => '/a /2\n/b /3 and more\n');
  assert.deepEqual(words(tables, 'moved'), { '/a': '/1', '/b': '/3 and more' });
  tables.change('moved/x', live('moved', '/a', { value: '/4' }));
  tables.change('moved/y', live('moved', '/b', { isRemoved: true }));
  assert.deepEqual(words(tables, 'moved'), { '/a': '/4' });
  const next = definition('moved', 'map', { entries: [first('/b', '/5')] });
  configure(tables, [next], noText);
  assert.deepEqual(words(tables, 'moved'), { '/a': '/4' });
  tables.change('moved/x', null);
  tables.change('moved/y', null);
  assert.deepEqual(words(tables, 'moved'), { '/b': '/5' });
});

test('what expires stops to count at its moment, live or from the start', async () => {
  const { tables, clock } = await open();
  const nowMs = clock.nowMs();
  const entries = [
    first('10.0.0.1', null, nowMs + 5_000),
    first('10.0.0.2', null, nowMs - 1),
    first('10.0.0.3', null, nowMs + 5_000),
  ];
  const wall = definition('wall', 'cidr', { entries, file: 'wall.txt' });
  configure(tables, [wall], () => '10.0.0.3');
  tables.change('wall/10.0.0.4', live('wall', '10.0.0.4', { expiresMs: nowMs + 90_000 }));
  tables.change('wall/10.0.0.5', live('wall', '10.0.0.5', { expiresMs: nowMs - 1 }));
  const held = (): string[] =>
    ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'].filter((address) =>
      holds(tables, 'wall', address),
    );
  assert.deepEqual(held(), ['10.0.0.1', '10.0.0.3', '10.0.0.4']);
  await clock.advance(4_999);
  assert.deepEqual(held(), ['10.0.0.1', '10.0.0.3', '10.0.0.4']);
  await clock.advance(1);
  assert.deepEqual(held(), ['10.0.0.3', '10.0.0.4'], 'the file holds one still');
  // Prolonged: the first end means nothing any more.
  tables.change('wall/10.0.0.4', live('wall', '10.0.0.4', { expiresMs: nowMs + 120_000 }));
  await clock.advance(90_000);
  assert.deepEqual(held(), ['10.0.0.3', '10.0.0.4']);
  await clock.advance(25_000);
  assert.deepEqual(held(), ['10.0.0.3']);
});

test('changes of a table that is not declared wait until it is', async () => {
  const { tables } = await open();
  tables.change('settings/non_us_ban', live('settings', 'non_us_ban', { value: 'enabled' }));
  assert.equal(tables.get('settings'), undefined);
  configure(tables, [definition('settings', 'map')], noText);
  assert.deepEqual(words(tables, 'settings'), { non_us_ban: 'enabled' });
  configure(tables, [], noText);
  assert.equal(tables.get('settings'), undefined);
});

test('the ban list is there without a declaration, and holds addresses only', async () => {
  const { tables } = await open();
  tables.change('bans/203.0.113.0/24', live('bans', '203.0.113.0/24'));
  assert.ok(tables.isBanned(Int32Array.of((203 << 24) | (113 << 8) | 7)));
  assert.throws(() => configure(tables, [definition('bans', 'map')], noText), /cidr/);
  configure(tables, [], noText);
  assert.ok(holds(tables, 'bans', '203.0.113.7'));
});

test('what was changed is there after a start without state, what expired is not', async () => {
  const { tables, folder, clock } = await open();
  for (let i = 0; i < 3_000; i++) {
    tables.change('bans/10.0.0.1', live('bans', '10.0.0.1', { atMs: i }));
    if (i % 500 === 0) await clock.advance(1_000);
  }
  tables.change('bans/10.0.0.2', live('bans', '10.0.0.2'));
  tables.change('bans/10.0.0.2', null);
  tables.change('bans/10.0.0.3', live('bans', '10.0.0.3', { expiresMs: clock.nowMs() + 1_000 }));
  await tables.close();
  await clock.advance(2_000);
  const lines = readFileSync(join(folder, 'tables.jsonl'), 'utf8').split('\n');
  assert.ok(lines.length < 2_500, 'the file is written anew when most of it is old');
  const again = new Tables({ clock, log, folder });
  again.restore();
  assert.ok(holds(again, 'bans', '10.0.0.1'));
  assert.ok(!holds(again, 'bans', '10.0.0.2'));
  assert.ok(!holds(again, 'bans', '10.0.0.3'));
  again.complete(new Set());
  assert.ok(!holds(again, 'bans', '10.0.0.1'));
});

test('a long list that changes is read in pauses, and the old one counts until then', async () => {
  const { tables, clock } = await open();
  const wall = definition('wall', 'cidr', { file: 'wall.txt' });
  const list = (second: number): string =>
    Array.from({ length: 50_000 }, (_, i) => `10.${second}.${i >> 8}.${i & 255}`).join('\n');
  configure(tables, [wall], () => list(1));
  assert.ok(holds(tables, 'wall', '10.1.195.79'));
  configure(tables, [wall], () => list(2));
  tables.change('wall/10.2.0.0', live('wall', '10.2.0.0', { isRemoved: true }));
  assert.ok(holds(tables, 'wall', '10.1.0.1'));
  assert.ok(!holds(tables, 'wall', '10.2.0.1'));
  await clock.advance(1_000);
  assert.ok(!holds(tables, 'wall', '10.1.0.1'));
  assert.ok(holds(tables, 'wall', '10.2.195.79'));
  assert.ok(!holds(tables, 'wall', '10.2.0.0'), 'a change meanwhile counts');
});

test('a file of a million lines is read in pauses, and is changed like any other', async () => {
  const folder = await temporaryFolder('tables');
  const tables = new Tables({ clock: systemClock, log, folder });
  const lines = count(200_000, 1_000_000);
  const wall = definition('wall', 'cidr', { file: 'wall.txt' });
  const list = Array.from({ length: lines }, (_, i) => {
    return `${11 + (i >> 20)}.${(i >> 12) & 255}.${(i >> 4) & 255}.${(i & 15) << 4}`;
  }).join('\n');
  configure(tables, [], noText);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const begunMs = performance.now();
  configure(tables, [wall], () => list);
  const configuredMs = performance.now() - begunMs;
  assert.ok(!holds(tables, 'wall', '11.1.2.16'), 'it is not read all at once');
  delays.enable();
  await eventually('it is read', () => holds(tables, 'wall', '11.1.2.16'), 60_000);
  delays.disable();
  const readMs = performance.now() - begunMs;
  const changeFromMs = performance.now();
  for (let i = 0; i < 10_000; i++) {
    tables.change('wall/x', live('wall', '11.1.2.16', { isRemoved: i % 2 === 0, atMs: i }));
    assert.equal(holds(tables, 'wall', '11.1.2.16'), i % 2 === 1);
  }
  reportNumbers('a table from a long file', {
    lines,
    configuredMs: Math.round(configuredMs),
    readMs: Math.round(readMs),
    longestPauseMs: Math.round(delays.max / 1e6),
    changeMicroseconds: Math.round((performance.now() - changeFromMs) / 10),
  });
  await tables.close();
});
