import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { build } from 'esbuild';
import { json, problem } from '../sdk/serve/answers.ts';
import { serve, type Served } from '../sdk/serve/serve.ts';
import { ClientProblem, onHealth, send, type SiteHealth } from './client.ts';

type Step = (request: Request) => Response;

describe('a write from a browser', () => {
  let served: Served;
  let script: Step[] = [];
  let keys: (string | null)[] = [];
  const answer = (request: Request): Response => {
    keys.push(request.headers.get('idempotency-key'));
    const step = script.length > 1 ? script.shift() : script[0];
    return step?.(request) ?? json(500, null);
  };
  const answered = (status: number, more: Record<string, string> = {}): Step => {
    return () => json(status, { status }, { 'retry-after': '0', ...more });
  };

  before(async () => {
    process.env['PORT'] = '0';
    served = await serve({ routes: { 'POST /gifts': answer, 'GET /gifts/queued': answer } });
  });
  after(() => served.stop());
  beforeEach(() => {
    keys = [];
  });
  const give = (more: object = {}) => send(`${served.url}/gifts`, { json: { cents: 5 }, ...more });

  test('carries one key through every try', async () => {
    script = [answered(503), answered(502), answered(429), answered(201)];
    const outcome = await give();
    assert.equal(outcome.kind, 'done');
    assert.deepEqual(new Set(keys), new Set([`"${outcome.key}"`]));
    assert.equal(keys.length, 4);
  });

  test('is known by the key it was given', async () => {
    script = [answered(201)];
    await give({ key: 'my"key' });
    assert.deepEqual(keys, ['"my\\"key"']);
  });

  test('makes keys of its own on a plain-http page, where there is no randomUUID', async () => {
    script = [answered(201)];
    Object.defineProperty(crypto, 'randomUUID', { value: undefined, configurable: true });
    try {
      await give();
      await give();
    } finally {
      Reflect.deleteProperty(crypto, 'randomUUID');
    }
    for (const key of keys) assert.match(key ?? '', /^"[0-9a-f]{32}"$/);
    assert.equal(new Set(keys).size, 2);
  });

  test('stops at an answer that no try would change', async () => {
    script = [() => problem(422, 'Please look again', 'The amount is too small.', { fields: [1] })];
    await assert.rejects(give(), (error: unknown) => {
      assert.ok(error instanceof ClientProblem);
      const { status, title, detail, more } = error;
      assert.deepEqual(
        [status, title, detail],
        [422, 'Please look again', 'The amount is too small.'],
      );
      assert.deepEqual(more['fields'], [1]);
      return true;
    });
    assert.equal(keys.length, 1);
  });

  test('gives up after the tries it has, with the last answer', async () => {
    script = [answered(503)];
    await assert.rejects(give({ tries: 3 }), { name: 'ClientProblem', status: 503 });
    assert.equal(keys.length, 3);
  });

  test('says that its outcome is unknown', async () => {
    const type = 'urn:turnout:problem:outcome-unknown';
    script = [() => problem(502, 'Lost', 'It may have been done.', { type })];
    await assert.rejects(give({ tries: 1 }), { outcomeUnknown: true });
  });

  test('waits as long as Retry-After says, and not longer than it may', async () => {
    script = [answered(503, { 'retry-after': '3600' })];
    await assert.rejects(give({ forMs: 1_000 }), { status: 503 });
    assert.equal(keys.length, 1);
  });

  test('follows what was queued until it is carried out', async () => {
    const queued = answered(202, { location: '/gifts/queued' });
    script = [queued, answered(202), answered(200)];
    const seen: string[] = [];
    const outcome = await give({ onQueued: (url: string) => seen.push(url) });
    assert.deepEqual(outcome.kind === 'done' && outcome.body, { status: 200 });
    assert.deepEqual(seen, [`${served.url}/gifts/queued`]);
  });

  test('says that it is still queued when the time is up', async () => {
    script = [answered(202, { location: '/gifts/queued', 'retry-after': '60' })];
    const outcome = await give({ forMs: 500 });
    assert.deepEqual(outcome.kind === 'queued' && outcome.statusUrl, `${served.url}/gifts/queued`);
  });

  test('fails plainly where nobody answers', async () => {
    const nobody = send('http://127.0.0.1:9/gifts', { json: {}, tries: 2 });
    await assert.rejects(nobody, { name: 'ClientProblem', status: 0, title: 'No connection' });
  });

  test('fails plainly where the answer was cut off, and is not done', async () => {
    let tries = 0;
    const cutting = createServer((_incoming, outgoing) => {
      tries += 1;
      outgoing.writeHead(201, { 'content-length': '100' });
      outgoing.write('{"id"', () => outgoing.destroy());
    }).listen(0, '127.0.0.1');
    await once(cutting, 'listening');
    const { port } = cutting.address() as AddressInfo;
    const giving = send(`http://127.0.0.1:${port}/gifts`, { json: {} });
    await assert.rejects(giving, {
      name: 'ClientProblem',
      status: 201,
      title: 'Answer cut off',
      outcomeUnknown: true,
    });
    assert.equal(tries, 1);
    cutting.close();
  });

  test('refuses a key that no header can carry, and sends nothing', async () => {
    script = [answered(201)];
    for (const key of ['', 'gift-…', 'a\nb']) await assert.rejects(give({ key }), TypeError);
    assert.equal(keys.length, 0);
  });

  test('ends when its signal does', async () => {
    script = [answered(503, { 'retry-after': '20' })];
    const stop = new AbortController();
    const giving = give({ signal: stop.signal });
    setTimeout(() => stop.abort(new Error('the page was left')), 20);
    await assert.rejects(giving, /the page was left/);
  });

  test('tells how things stand', async () => {
    script = [answered(201)];
    const told: SiteHealth[] = [];
    const stop = onHealth((health) => told.push(health));
    await give();
    stop();
    await give();
    assert.deepEqual(told, [{ header: 'ok', members: { ok: true } }]);
  });
});

test('the client is under 4 kB', async () => {
  const { outputFiles } = await build({
    entryPoints: ['src/client/client.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  const bytes = outputFiles[0]?.contents.length ?? Number.POSITIVE_INFINITY;
  console.log(`turnout/client: ${bytes} bytes minified`);
  assert.ok(bytes < 4_000, `${bytes} bytes`);
});
