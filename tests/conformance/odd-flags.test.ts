import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WRITTEN_FLAGS_KEY } from '../../src/contract/flags.ts';
import { FlagsByHand } from '../../src/flags/flags-by-hand.ts';
import { SiteFlags } from '../../src/flags/site-flags.ts';
import { readFlags } from '../../src/profiles/read-flags.ts';
import { eventually } from '../support/eventually.ts';
import { beginFlags, closed, features } from '../support/flags-bench.ts';

const by = { who: 'cli:ada', why: null, expiresMs: null, isValue: false };

test('a flag may be called as every object has something called', async () => {
  await using bench = await beginFlags();
  const names = ['constructor', '__proto__', 'toString'];
  const lines = names.map(
    (name) => `  ${name}: { variants: { a: one, b: two }, defaultVariant: a }`,
  );
  writeFileSync(bench.file, `${closed}${lines.join('\n')}\n`);
  await bench.use();
  await eventually('all are there', () => Object.hasOwn(bench.told()?.flags ?? {}, 'toString'));
  const byHand = new FlagsByHand(bench.parts, () => features);
  for (const name of names) {
    const { before, after } = await byHand.set({ ...by, name, value: 'b' });
    assert.deepEqual([before.value, after.value, after.from], ['one', 'two', 'hand'], name);
    await assert.rejects(byHand.set({ ...by, name, value: 'valueOf' }), {
      code: 'flag-value-invalid',
    });
    const back = await byHand.unset({ ...by, name });
    assert.deepEqual([back.before.value, back.after.value], ['two', 'one'], name);
    await assert.rejects(byHand.unset({ ...by, name }), { code: 'flag-not-set' });
  }
  await assert.rejects(byHand.set({ ...by, name: 'valueOf', value: 'a' }), {
    code: 'flag-unknown',
  });
});

test('what is set by hand and written no more is still shown, and can be taken back', async () => {
  await using bench = await beginFlags();
  writeFileSync(bench.file, `${closed}  goal: { variants: { a: 1 }, defaultVariant: a }\n`);
  await bench.use();
  await eventually('it is written', () => bench.told()?.flags['goal'] !== undefined);
  const byHand = new FlagsByHand(bench.parts, () => features);
  await byHand.set({ ...by, name: 'goal', value: '900' });
  writeFileSync(bench.file, closed);
  await eventually('it is written no more', () => bench.told()?.flags['goal'] === undefined);
  const shown = (await byHand.list()).find(({ name }) => name === 'goal');
  assert.deepEqual([shown?.value, shown?.from, shown?.who], [null, 'hand', 'cli:ada']);
  const { after } = await byHand.unset({ ...by, name: 'goal' });
  assert.equal(after.from, 'default');
  assert.ok(!(await byHand.list()).some(({ name }) => name === 'goal'));
});

test('a file that is right and too much for a worker is refused while it is there', async () => {
  await using bench = await beginFlags();
  writeFileSync(bench.file, closed);
  await bench.use();
  await eventually('it is closed', () => bench.list() === 'closed');
  // As text it is within bounds; as JSON, where each of these is six characters, it is not.
  const long = '\\x01'.repeat(200_000);
  const flag = `  long: { variants: { a: "${long}" }, defaultVariant: a }\n`;
  writeFileSync(bench.file, closed.replace('defaultVariant: shut', 'defaultVariant: on') + flag);
  await eventually('it is refused', () => bench.flags.notes().length === 1);
  await eventually('it is journalled', async () => {
    return (await bench.kinds()).includes('flags.refused');
  });
  assert.match(bench.flags.notes()[0]?.message ?? '', /more than can be told/);
  assert.equal(bench.list(), 'closed');
  writeFileSync(bench.file, closed);
  await eventually('and mended', () => bench.flags.notes().length === 0);
});

test('what an address says is tried again where state could not take it', async (t) => {
  const server = createServer((request, response) => {
    const isKnown = request.headers['if-none-match'] === '"1"';
    if (isKnown) response.writeHead(304).end();
    else response.writeHead(200, { etag: '"1"' }).end(closed);
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  await using bench = await beginFlags();
  const { state } = bench.parts;
  let refusals = 0;
  const puts: typeof state.put = async (key, value) => {
    const isClosed = key === WRITTEN_FLAGS_KEY && JSON.stringify(value).includes('shut');
    if (isClosed && refusals++ < 2) throw new Error('no space left on device');
    return state.put(key, value);
  };
  const failing = new Proxy(state, {
    get: (target, name) => {
      if (name === 'put') return puts;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  let list: unknown;
  const flags = new SiteFlags({
    ...bench.parts,
    state: failing,
    file: bench.file,
    read: readFlags,
    tell: async (document) => void (list = document.flags['shop.list']?.defaultVariant),
  });
  t.after(() => flags.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/flags.yaml`;
  const none = { flags: {}, $evaluators: {} };
  await flags.use({ features, flags: none, place: { url, everyMs: 50 }, isRead: false });
  await eventually('it is in force', () => list === 'shut');
  assert.equal(refusals, 3);
});

test('services are told of the newest last, however long it takes to tell them', async () => {
  await using bench = await beginFlags();
  let telling = 0;
  let last: unknown;
  const flags = new SiteFlags({
    ...bench.parts,
    file: bench.file,
    read: readFlags,
    tell: async (document) => {
      // The first takes longest, as a disk that is busy may.
      await bench.parts.clock.sleep(telling++ === 0 ? 300 : 1);
      last = document.flags['shop.list']?.defaultVariant;
    },
  });
  const none = { flags: {}, $evaluators: {} };
  writeFileSync(bench.file, closed);
  await flags.use({ features, flags: none, place: null, isRead: false });
  await eventually('it is told', () => last === 'shut');
  await bench.parts.clock.sleep(400);
  assert.equal(last, 'shut');
  await flags.close();
});
