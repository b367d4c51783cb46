import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  closeSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import type { FlagsDocument } from '../../src/contract/flags.ts';
import { readFlags } from '../../src/profiles/read-flags.ts';
import { eventually } from '../support/eventually.ts';
import { beginFlags, closed, features, open } from '../support/flags-bench.ts';
import { setFlag, unsetFlag } from '../../src/flags/set-flags.ts';
import { SiteFlags } from '../../src/flags/site-flags.ts';

test('a site without a flags file has a switch for each feature, and misses nothing', async () => {
  await using bench = await beginFlags();
  await bench.use();
  await eventually('services are told', () => bench.list() === 'on');
  await sleep(700);
  assert.deepEqual(bench.flags.notes(), []);
  assert.deepEqual(await bench.kinds(), []);
});

test('whatever way an editor saves, what it saved is in force', async () => {
  await using bench = await beginFlags();
  writeFileSync(bench.file, open);
  await bench.use();
  await eventually('it is open', () => bench.list() === 'on');
  writeFileSync(bench.file, closed);
  await eventually('written over', () => bench.list() === 'closed');
  writeFileSync(`${bench.file}.swp`, open);
  renameSync(`${bench.file}.swp`, bench.file);
  await eventually('another renamed over it', () => bench.list() === 'on');
  // Emptied, and written in two pieces with a pause: at no moment is a part of it in force.
  const descriptor = openSync(bench.file, 'r+');
  ftruncateSync(descriptor);
  await sleep(60);
  writeSync(descriptor, closed.slice(0, 40), 0);
  await sleep(60);
  assert.equal(bench.list(), 'on');
  writeSync(descriptor, closed.slice(40), 40);
  closeSync(descriptor);
  await eventually('emptied and written', () => bench.list() === 'closed');
  // Taken away for a moment, as some editors do.
  renameSync(bench.file, `${bench.file}~`);
  await sleep(100);
  writeFileSync(bench.file, open);
  await eventually('moved and made anew', () => bench.list() === 'on');
  assert.deepEqual(bench.flags.notes(), []);
  const entries = await bench.parts.journal.range({});
  assert.ok(
    entries.every(({ kind, who }) => kind === 'flags.changed' && who.startsWith('flags.yaml, of ')),
  );
  const changes = entries.map(
    ({ data }) => (data as never as { changes: { after: { value: string } }[] }).changes,
  );
  assert.equal(changes.at(-1)?.[0]?.after.value, 'on');
});

test('a bad edit is refused with its line, and the last good one stays in force', async () => {
  await using bench = await beginFlags();
  writeFileSync(bench.file, closed);
  await bench.use();
  await eventually('it is closed', () => bench.list() === 'closed');
  writeFileSync(bench.file, closed.replace('shut }', 'shout }'));
  await eventually('it is refused', () => bench.flags.notes().length === 1);
  assert.match(
    bench.flags.notes()[0]?.message ?? '',
    /no variant “shout”[^]*flags\.yaml:3:\d+[^]*remedy/,
  );
  assert.equal(bench.list(), 'closed');
  const refusal = await eventually('it is journaled', async () =>
    (await bench.parts.journal.range({ kind: 'flags.refused' })).at(0),
  );
  assert.deepEqual(refusal.data, { line: 3 });
  // Manifests that are read meanwhile change nothing of it, and say it no second time.
  await bench.use();
  await sleep(800);
  assert.equal(bench.list(), 'closed');
  assert.equal((await bench.kinds()).filter((kind) => kind === 'flags.refused').length, 1);
  writeFileSync(bench.file, open);
  await eventually('it is mended', () => bench.list() === 'on');
  await eventually('and nothing is wrong with it', () => bench.flags.notes().length === 0);
});

test('a file that is gone is missed, until the manifests say that there is none', async () => {
  await using bench = await beginFlags();
  writeFileSync(bench.file, closed);
  await bench.use();
  await eventually('it is closed', () => bench.list() === 'closed');
  rmSync(bench.file);
  await eventually('it is missed', () => bench.flags.notes().length === 1);
  assert.match(bench.flags.notes()[0]?.message ?? '', /flags\.yaml is not there/);
  assert.equal(bench.list(), 'closed');
  await bench.use({ isRead: true });
  await eventually('there is none', () => bench.list() === 'on');
  await eventually('and nothing is wrong with it', () => bench.flags.notes().length === 0);
});

test('the next controller has what was in force, and a switch for a new feature', async () => {
  await using bench = await beginFlags();
  writeFileSync(bench.file, closed);
  await bench.use();
  await eventually('it is closed', () => bench.list() === 'closed');
  await bench.flags.close();
  writeFileSync(bench.file, 'no flags at all');
  const told: FlagsDocument[] = [];
  const next = new SiteFlags({
    ...bench.parts,
    file: bench.file,
    read: readFlags,
    tell: async (document) => void told.push(document),
  });
  const more = [...features, { feature: 'shop.buy', ladder: [] }];
  await next.use({
    features: more,
    flags: { flags: {}, $evaluators: {} },
    place: null,
    isRead: false,
  });
  await eventually('it is told', () => told.at(-1)?.flags['shop.buy'] !== undefined);
  assert.equal(told.at(-1)?.flags['shop.list']?.defaultVariant, 'shut');
  assert.deepEqual(told.at(-1)?.flags['shop.buy']?.variants, { on: 'on', closed: 'closed' });
  await eventually('the file is refused', () => next.notes().length === 1);
  await next.close();
});

test('what is set by hand holds over the file until it ends or is taken back', async () => {
  await using bench = await beginFlags();
  const { parts } = bench;
  writeFileSync(
    bench.file,
    `${closed}  goal: { variants: { first: 500 }, defaultVariant: first }\n`,
  );
  await bench.use();
  await eventually('it is closed', () => bench.list() === 'closed');
  const set = (name: string, text: string, expiresMs: number | null = null, isValue = false) =>
    setFlag(
      parts,
      { name, wanted: { text, isValue }, expiresMs, who: 'cli:ada', why: 'heat' },
      features,
    );
  await set('shop.list', 'slow 200ms');
  await eventually('services are told', () => bench.list() === 'slow 200ms');
  await assert.rejects(set('shop.lst', 'on'), {
    code: 'flag-unknown',
    message: /Did you mean shop\.list/,
  });
  await assert.rejects(set('shop.list', 'stal'), {
    code: 'flag-value-invalid',
    message: /mean stale/,
  });
  await assert.rejects(set('shop.list', 'queue'), { code: 'flag-value-invalid' });
  await assert.rejects(set('goal', 'frist'), { code: 'flag-value-invalid', message: /mean first/ });
  await assert.rejects(set('goal', '"text"', null, true), { code: 'flag-value-invalid' });
  const { before, after } = await set('shop.list', 'on', Date.now() + 1_500);
  assert.equal(before?.value, 'slow 200ms');
  assert.deepEqual([after.variant, after.value, after.why], ['on', 'on', 'heat']);
  await set('goal', '900');
  await eventually('a number of its own', () => {
    const goal = bench.told()?.flags['goal'];
    return goal?.variants[goal.defaultVariant ?? ''] === 900;
  });
  // The file is edited meanwhile: what is set by hand still holds, and the edit after it.
  writeFileSync(
    bench.file,
    closed.replace('"on": on,', '"on": on, old: stale,').replace(': shut }', ': old }'),
  );
  await eventually('it has ended', () => bench.list() === 'stale');
  await eventually('and is taken out', async () => (await bench.kinds()).includes('flags.ended'));
  await unsetFlag(parts, { name: 'goal', who: 'cli:ada', why: null });
  await assert.rejects(unsetFlag(parts, { name: 'goal', who: 'cli:ada', why: null }), {
    code: 'flag-not-set',
  });
});

test('flags are read from an address, whole, and only when they are new', async (t) => {
  let answer: { readonly status: number; readonly body: string } = { status: 200, body: closed };
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers['if-none-match']);
    const etag = `"${answer.body.length}"`;
    if (request.headers['if-none-match'] === etag && answer.status === 200) {
      response.writeHead(304).end();
    } else response.writeHead(answer.status, { etag }).end(answer.body);
  }).listen(0, '127.0.0.1');
  // Left open by a test that fails, it would keep the process from ending.
  t.after(() => server.close());
  await once(server, 'listening');
  await using bench = await beginFlags();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/flags.yaml?signature=secret`;
  await bench.use({ place: { url, everyMs: 50 } });
  await eventually('it is closed', () => bench.list() === 'closed');
  await eventually('it is asked for what is new', () => asked.includes(`"${closed.length}"`));
  answer = { status: 503, body: 'away' };
  await eventually('it is away', () => bench.flags.notes().length === 1);
  assert.match(bench.flags.notes()[0]?.message ?? '', /flags\.yaml is answered with 503/);
  assert.equal(bench.list(), 'closed');
  answer = { status: 200, body: 'x'.repeat(1024 * 1024 + 1) };
  await eventually('it is too large', () =>
    /more than/.test(bench.flags.notes()[0]?.message ?? ''),
  );
  answer = { status: 200, body: open };
  await eventually('it is open', () => bench.list() === 'on');
  await eventually('and nothing is wrong with it', () => bench.flags.notes().length === 0);
  assert.ok(!JSON.stringify(await bench.parts.journal.range({})).includes('secret'));
});
