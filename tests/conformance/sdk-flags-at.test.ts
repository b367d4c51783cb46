import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as send, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { type FlagDefinition, WRITTEN_FLAGS_KEY } from '../../src/contract/flags.ts';
import { drop, flagsAt } from '../../src/sdk/sdk.ts';
import { eventually } from '../support/eventually.ts';
import { plainConfiguration, type SiteWorker, startSiteWorker } from '../support/site-worker.ts';

/** A worker, and before it a hop that counts what it answers and can be told to fail. */
let site: SiteWorker;
let hop: Server;
let address: string;
let statuses: number[] = [];
let wrong: RequestListener | null = null;

before(async () => {
  site = await startSiteWorker(plainConfiguration([]));
  hop = createServer((req, res) => {
    if (wrong !== null) return wrong(req, res);
    const { method, url: path, headers } = req;
    const to = { host: '127.0.0.1', port: site.internalPort, method, path, headers };
    const onward = send(to, (answer) => {
      statuses.push(answer.statusCode ?? 0);
      res.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(hop, 'listening');
  address = `http://127.0.0.1:${(hop.address() as AddressInfo).port}`;
});
afterEach(async () => {
  wrong = null;
  await drop();
});
after(async () => {
  hop.closeAllConnections();
  hop.close();
  await site[Symbol.asyncDispose]();
});

async function write(goal: number, more: Record<string, FlagDefinition> = {}): Promise<void> {
  const flags: Record<string, FlagDefinition> = {
    goal: { state: 'ENABLED', variants: { now: goal }, defaultVariant: 'now' },
    banner: {
      state: 'ENABLED',
      variants: { a: { text: 'Vote' }, b: { text: 'Vote early' } },
      defaultVariant: 'a',
      targeting: { if: [{ ends_with: [{ var: 'email' }, '@example.org'] }, 'b', null] },
    },
    code: { state: 'ENABLED', variants: { x: true } },
    ...more,
  };
  const document = { flags, $evaluators: {} };
  await site.state.put(WRITTEN_FLAGS_KEY, { document, from: 'flags.yaml', changes: {} });
}

const often = { everyMs: 100 };

test('values are had in memory, for the context given, and change by themselves', async () => {
  await write(500);
  const flags = flagsAt(address, often);
  const staff = flagsAt(address, { ...often, context: { email: 'ada@example.org' } });
  assert.equal(flags.value('goal', 1), 1, 'nothing came yet');
  await eventually('they came', () => flags.value('goal', 1) === 500);
  await staff.asked;
  assert.deepEqual(flags.value('banner', { text: '' }), { text: 'Vote' });
  await eventually('by rule', () => {
    const { text } = staff.value('banner', { text: '' }) as { text: string };
    return text === 'Vote early';
  });
  assert.equal(flags.value('goal', 'text'), 'text', 'a flag of another kind');
  assert.equal(flags.flag('code', true), true, 'left to the code');
  assert.equal(flags.flag('constructor', false), false);
  await write(900, { extra: { state: 'ENABLED', variants: { on: true }, defaultVariant: 'on' } });
  await eventually('they are others', () => flags.value('goal', 1) === 900);
  assert.equal(flags.flag('extra', false), true);
});

test('what is the same is not sent again', async () => {
  statuses = [];
  const flags = flagsAt(address, often);
  await flags.asked;
  // What was written before this test may still be on its way when it begins.
  await eventually('three in a row were told that nothing is new', () =>
    statuses.join(' ').endsWith('304 304 304'),
  );
  assert.equal(statuses[0], 200);
});

test('whatever is wrong with the site, the last good flags stay until it is mended', async () => {
  await write(700);
  const flags = flagsAt(address, often);
  await eventually('they came', () => flags.value('goal', 1) === 700);
  await write(800);
  const failures: readonly RequestListener[] = [
    (req) => void req.socket.destroy(),
    (_req, res) => void res.writeHead(503).end('away'),
    (_req, res) => void res.end('no JSON'),
    (_req, res) => void res.end('null'),
    (_req, res) => void res.end('{"flags":3}'),
    (_req, res) => void res.end(`{"flags":[],"x":"${'x'.repeat(5 * 1024 * 1024)}"}`),
    (_req, res) => void res.writeHead(302, { location: '/elsewhere' }).end(),
  ];
  // Whether the 800 came before the first failure or not: one of them holds from then on.
  let asked = 0;
  for (const [i, failure] of failures.entries()) {
    asked = 0;
    wrong = (req, res) => {
      asked += 1;
      failure(req, res);
    };
    await eventually(`failure ${i} is met`, () => asked >= 2);
    assert.ok([700, 800].includes(flags.value('goal', 1)), String(i));
  }
  wrong = null;
  await write(1_000);
  await eventually('it is mended', () => flags.value('goal', 1) === 1_000);
});

test('where no site was ever there the fallbacks hold, and nobody is kept up', async () => {
  const flags = flagsAt('http://127.0.0.1:9', often);
  await flags.asked;
  assert.equal(flags.value('goal', 7), 7);
  assert.throws(() => flagsAt('nonsense'), TypeError);
  let asked = 0;
  wrong = () => void (asked += 1);
  const held = flagsAt(address, often);
  await eventually('it hangs', () => asked === 1);
  await drop();
  await held.asked;
  assert.equal(asked, 1);
});
