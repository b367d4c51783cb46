import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import {
  type FlagDefinition,
  type FlagsRecord,
  SET_FLAGS_KEY,
  type SetFlag,
  WRITTEN_FLAGS_KEY,
} from '../../src/contract/flags.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandomness } from '../../src/adapters/system/randomness.ts';
import { startWorker } from '../../src/data-plane/worker.ts';
import { LateState } from '../../src/profiles/late-state.ts';
import { eventually } from '../support/eventually.ts';
import { plainConfiguration, type SiteWorker, startSiteWorker } from '../support/site-worker.ts';

/** A worker with one service, whose features are switched by what state says of the flags. */
let origin: Server;
let site: SiteWorker;
let asked = 0;

before(async () => {
  origin = createServer((request, response) => {
    asked += 1;
    request.resume();
    response.end('there');
  });
  await new Promise<void>((done) => origin.listen(0, '127.0.0.1', done));
  const address = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
  const route = { service: 'shop', hosts: [], internal: false };
  const plain = plainConfiguration(
    [
      { ...route, feature: 'shop.list', method: 'ANY', path: '/list' },
      { ...route, feature: 'shop.buy', method: 'ANY', path: '/buy' },
    ],
    // The test is the hop before, and so may say who its clients are.
    { trustedHops: ['127.0.0.1'] },
  );
  const { policies } = plain;
  const stale = { kind: 'stale', forMs: 1_000, methods: ['GET', 'HEAD'] } as const;
  const list = {
    feature: 'shop.list',
    tier: 'important',
    once: false,
    cache: { kind: 'none' },
    missingMs: null,
    query: null,
    needs: [],
    ladder: [{ need: null, rungs: [stale] }],
  } as const;
  site = await startSiteWorker(
    { ...plain, policies: { ...policies, features: [list] } },
    { shop: [{ id: 'shop-1', address, release: 'r', state: 'ready' }] },
  );
});
after(async () => {
  await site[Symbol.asyncDispose]();
  origin.close();
});

async function write(flags: Readonly<Record<string, FlagDefinition>>): Promise<void> {
  const document = { flags, $evaluators: {} };
  const record: FlagsRecord = { document, from: 'flags.yaml', changes: {} };
  await site.state.put(WRITTEN_FLAGS_KEY, record);
}

async function set(flags: Readonly<Record<string, Partial<SetFlag>>>): Promise<void> {
  const rest = { variant: null, why: null, who: 'ada', atMs: Date.now(), expiresMs: null };
  const whole = Object.entries(flags).map(([name, flag]) => [name, { ...rest, ...flag }]);
  await site.state.put(SET_FLAGS_KEY, { flags: Object.fromEntries(whole) });
}

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${site.port}${path}`, init);
}

/** Resolves once a path is answered so. */
async function until(path: string, status: number, init: RequestInit = {}): Promise<Response> {
  let last: Response | null = null;
  await eventually(`${path} is ${status}`, async () => {
    last = await ask(path, init);
    return last.status === status;
  });
  return last ?? assert.fail();
}

const variants = { on: 'on', closed: 'closed', stale: 'stale', 'read-only': 'read-only' };
const switchTo = (value: string): FlagDefinition => ({
  state: 'ENABLED',
  variants: { ...variants, [value]: value },
  defaultVariant: value,
});

test('a feature without a word is on', async () => {
  assert.equal((await ask('/list')).status, 200);
});

test('a closed feature is turned away for programs and for people, and no other is', async () => {
  await write({ 'shop.list': switchTo('closed') });
  const answer = await until('/list', 503);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  assert.equal(answer.headers.get('retry-after'), '60');
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.match(await answer.text(), /"code":"switched-off"/);
  const page = await ask('/list', { headers: { accept: 'text/html,*/*' } });
  assert.equal(page.status, 503);
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(await page.text(), /<h1>This is switched off for the moment/);
  const before = asked;
  assert.equal((await ask('/list', { method: 'POST', body: 'x' })).status, 503);
  assert.equal(asked, before);
  assert.equal((await ask('/buy')).status, 200);
});

test('true and false are on and closed', async () => {
  const flag = { state: 'ENABLED', variants: { on: true, off: false } } as const;
  await write({ 'shop.list': { ...flag, defaultVariant: 'on' } });
  await until('/list', 200);
  await write({ 'shop.list': { ...flag, defaultVariant: 'off' } });
  await until('/list', 503);
  await write({ 'shop.list': { ...flag, state: 'DISABLED', defaultVariant: 'off' } });
  await until('/list', 200);
});

test('read-only refuses what changes something, and a rung holds for its own methods', async () => {
  await write({ 'shop.list': switchTo('read-only') });
  await until('/list', 503, { method: 'POST' });
  assert.equal((await ask('/list')).status, 200);
  await write({ 'shop.list': switchTo('stale') });
  await until('/list', 503);
  assert.equal((await ask('/list', { method: 'POST' })).status, 200);
});

test('what is set by hand goes before what is written, and ends by itself', async () => {
  await write({ 'shop.list': switchTo('on') });
  await until('/list', 200);
  const expiresMs = Date.now() + 1_500;
  await set({ 'shop.list': { value: 'closed', variant: 'closed', expiresMs } });
  const answer = await until('/list', 503);
  assert.ok(['1', '2'].includes(answer.headers.get('retry-after') ?? ''));
  await until('/list', 200);
  assert.ok(Date.now() >= expiresMs);
  await set({});
});

test('one feature is slowed alone, before its service is asked', async () => {
  await write({ 'shop.list': switchTo('slow 300ms') });
  await eventually('it takes its time', async () => {
    const begunMs = performance.now();
    assert.equal((await ask('/list')).status, 200);
    return performance.now() - begunMs >= 290;
  });
  // Who leaves while it waits asks the service nothing.
  const before = asked;
  const leaving = AbortSignal.timeout(50);
  await assert.rejects(ask('/list', { signal: leaving }));
  assert.equal((await ask('/list')).status, 200);
  assert.equal(asked, before + 1);
});

test('a rule decides for each request by who asks', async () => {
  const rule = (condition: object): FlagDefinition => ({
    ...switchTo('on'),
    targeting: { if: [condition, 'closed', null] } as never,
  });
  await write({ 'shop.list': rule({ '==': [{ var: 'method' }, 'DELETE'] }) });
  await until('/list', 503, { method: 'DELETE' });
  assert.equal((await ask('/list')).status, 200);
  await write({ 'shop.list': rule({ starts_with: [{ var: 'address' }, '127.'] }) });
  await until('/list', 503);
});

test('a fraction of clients is always the same one', async () => {
  const targeting = { fractional: [['on', 50] as const, ['closed', 50] as const] };
  await write({ 'shop.list': { ...switchTo('on'), targeting: targeting as never } });
  const statuses = async (): Promise<readonly number[]> => {
    const clients = Array.from({ length: 100 }, (_, i) => `203.0.113.${i}`);
    const answers = clients.map((client) =>
      ask('/list', { headers: { 'x-forwarded-for': client } }),
    );
    return (await Promise.all(answers)).map(({ status }) => status);
  };
  let first: readonly number[] = [];
  await eventually('some are turned away and some are not', async () => {
    first = await statuses();
    return new Set(first).size === 2;
  });
  const closed = first.filter((status) => status === 503).length;
  assert.ok(closed > 25 && closed < 75, `${closed} of 100`);
  assert.deepEqual(await statuses(), first);
});

test('what a worker is told that it cannot read closes, and breaks nothing else', async () => {
  await write({ 'shop.list': switchTo('backwards') });
  await until('/list', 503);
  await site.state.put(WRITTEN_FLAGS_KEY, { document: { flags: { 'shop.list': 3 } } });
  assert.equal((await ask('/buy')).status, 200);
  await write({});
  await until('/list', 200);
});

test('a worker that starts without state has the switches of the last that had it', async () => {
  await write({ 'shop.list': switchTo('closed') });
  await until('/list', 503);
  const kept = (name: string): string => {
    const file = join(site.lastGoodFolder, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  await eventually('they are on disk', () => {
    const isTraffic = kept('traffic.json').includes('shop-1');
    return isTraffic && kept('flags.json').includes('"defaultVariant":"closed"');
  });
  const next = await startWorker({
    id: 'w2',
    state: new LateState(() => Promise.reject(new Error('state is away'))),
    blobs: site.blobs,
    clock: systemClock,
    randomness: systemRandomness,
    listen: { http: { address: '127.0.0.1', port: 0 }, https: null, internal: null },
    lastGoodFolder: site.lastGoodFolder,
    isFast: true,
    log: { progress() {}, info() {}, warn() {}, error() {} },
  });
  const origin = `http://127.0.0.1:${next.address.port}`;
  assert.equal((await fetch(`${origin}/list`)).status, 503);
  assert.equal((await fetch(`${origin}/buy`)).status, 200);
  await next.close({ drainMs: 0 });
});
