import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSimulatedClock } from '../../../src/adapters/simulated/clock.ts';
import { openSqliteState } from '../../../src/adapters/sqlite/state.ts';
import { type LiveTableEntry, TABLES_PREFIX } from '../../../src/contract/tables.ts';
import { ClientCounts } from '../../../src/data-plane/edge/auto-ban/client-counts.ts';
import { createEdgeTables } from '../../../src/data-plane/edge/edge-tables.ts';
import type { Answer, Exchange } from '../../../src/data-plane/exchange.ts';
import type { EdgeConfiguration } from '../../../src/derive/edge/edge-configuration.ts';
import { parseAddress } from '../../../src/lib/address.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

type AutoBan = NonNullable<EdgeConfiguration['autoBan']>;

const bans = { status: 403, reason: null, page: null, headers: {}, edgeNodes: ['192.0.2.0/28'] };
const declined = {
  name: 'declined-cards',
  statuses: { from: 402, to: 402 },
  method: 'POST',
  path: '/api/donations',
  count: 10,
  withinMs: 60_000,
};

async function open(mode: AutoBan['mode']) {
  const folder = await temporaryFolder('auto-ban');
  const state = await openSqliteState({ folder });
  const clock = createSimulatedClock(1_000_000);
  const logged: string[] = [];
  const warn = (message: string): void => void logged.push(message);
  const log = { info() {}, warn, error: warn, progress() {} };
  const edge = createEdgeTables({ clock, log, state, folder });
  const autoBan = { mode, forMs: 900_000, never: ['198.51.100.0/24'], limits: [declined] };
  edge.prepare({ tables: [], bans, autoBan }, new Map()).use();
  const answer = (
    client: string,
    status: number,
    more: Partial<Answer> = {},
    path = '/api/donations',
  ) => {
    const request = { method: 'POST', path, client: { address: client, ip: parseAddress(client) } };
    const sent: Answer = { status, headers: [], body: null, ...more };
    edge.autoBan.count({ request } as unknown as Exchange, sent, (hop) => hop === '10.0.0.1');
  };
  return {
    state,
    clock,
    logged,
    edge,
    answer,
    async [Symbol.asyncDispose]() {
      await edge.tables.close();
      await state.close();
    },
  };
}

async function entries(site: { state: Awaited<ReturnType<typeof openSqliteState>> }) {
  const found = await site.state.list(TABLES_PREFIX);
  return found.map(({ value }) => value as LiveTableEntry);
}

test('who is refused too often is banned for a while, with the reason, once', async () => {
  await using site = await open('enforce');
  for (let i = 0; i < 10; i++) site.answer('203.0.113.7', 402);
  assert.equal(site.edge.autoBan.stats().over, 0, 'ten are fine');
  for (let i = 0; i < 50; i++) site.answer('203.0.113.7', 402);
  await eventually('it is banned', async () => (await entries(site)).length === 1);
  const [entry] = await entries(site);
  assert.equal(entry?.key, '203.0.113.7');
  assert.equal(entry?.author, 'auto-ban');
  assert.equal(entry?.why, 'declined-cards: 11 within 60 s');
  assert.equal(entry?.expiresMs, site.clock.nowMs() + 900_000);
  const { over, banned, samples } = site.edge.autoBan.stats();
  assert.deepEqual([over, banned, samples.length], [1, 1, 1]);
});

test('what is not said to count does not, and nobody is banned who must not be', async () => {
  await using site = await open('enforce');
  for (let i = 0; i < 100; i++) {
    site.answer('203.0.113.1', 201);
    site.answer('203.0.113.2', 402, {}, '/api/donations-of-others');
    site.answer('203.0.113.3', 402, { problem: 'banned' });
    site.answer('10.0.0.1', 402);
    site.answer('127.0.0.1', 402);
    site.answer('192.0.2.3', 402);
    site.answer('198.51.100.9', 402);
  }
  // Slowly: never more than ten within a minute.
  for (let i = 0; i < 60; i++) {
    site.answer('203.0.113.4', 402, {}, '/api/donations/42');
    await site.clock.advance(7_000);
  }
  assert.equal(site.edge.autoBan.stats().over, 0);
});

test('a client of IPv6 is all of its /64', async () => {
  await using site = await open('enforce');
  for (let i = 0; i < 12; i++) site.answer(`2001:db8:1:2::${i}`, 402);
  await eventually('it is banned', async () => (await entries(site)).length === 1);
  assert.equal((await entries(site))[0]?.key, '2001:db8:1:2::/64');
});

test('while it observes it bans nobody, and says whom it would', async () => {
  await using site = await open('observe');
  for (let i = 0; i < 30; i++) site.answer('203.0.113.7', 402);
  assert.deepEqual(site.logged, ['Auto-ban would ban a client']);
  assert.equal(site.edge.autoBan.stats().samples[0]?.network, '203.0.113.7');
  assert.deepEqual(await entries(site), []);
});

test('a ban that somebody made stays as it is, and one that has expired is made anew', async () => {
  await using site = await open('enforce');
  const nowMs = site.clock.nowMs();
  const theirs = {
    table: 'bans',
    value: null,
    isRemoved: false,
    author: 'ada',
    why: null,
    atMs: 0,
  };
  await site.state.put('tables/bans/203.0.113.7', {
    ...theirs,
    key: '203.0.113.7',
    expiresMs: null,
  });
  const old = { ...theirs, key: '203.0.113.8', expiresMs: nowMs - 1 };
  await site.state.put('tables/bans/203.0.113.8', old);
  for (let i = 0; i < 30; i++) {
    site.answer('203.0.113.7', 402);
    site.answer('203.0.113.8', 402);
  }
  await eventually('one is banned', () => site.edge.autoBan.stats().banned === 1);
  const authors = (await entries(site)).map(({ key, author }) => [key, author]);
  assert.deepEqual(authors, [
    ['203.0.113.7', 'ada'],
    ['203.0.113.8', 'auto-ban'],
  ]);
});

test('a flood from everywhere makes no flood of bans', async () => {
  await using site = await open('enforce');
  for (let client = 0; client < 500; client++) {
    for (let i = 0; i < 11; i++) site.answer(`203.0.${client >> 8}.${client & 255}`, 402);
  }
  await eventually('some are banned', () => site.edge.autoBan.stats().banned === 60);
  assert.equal((await entries(site)).length, 60);
  assert.equal(site.edge.autoBan.stats().samples.length, 20);
});

test('counts are kept for so many clients only, and the quiet ones make room', () => {
  const counts = new ClientCounts({ limit: 3, withinMs: 1_000, most: 100 });
  for (let i = 0; i < 3; i++) counts.add('busy', 500);
  for (let i = 0; i < 10_000; i++) {
    counts.add(i, 1_000 + i);
    if (i % 90 === 0) counts.add('busy', 1_000 + i);
  }
  assert.equal(counts.size, 100);
});
