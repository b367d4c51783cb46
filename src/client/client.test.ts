import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { build } from 'esbuild';
import { json, problem } from '../sdk/serve/answers.ts';
import { serve, type Served } from '../sdk/serve/serve.ts';
import { ClientProblem, onHealth, read, send, type SiteHealth } from './client.ts';

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

  test('tries again only what it is told to', async () => {
    script = [answered(503)];
    await assert.rejects(give({ again: [0, 500] }), { status: 503 });
    assert.equal(keys.length, 1);
    script = [answered(500), answered(201)];
    await give({ again: [0, 500] });
    assert.equal(keys.length, 3);
  });

  test('is done with a queued write at once where it shall not follow', async () => {
    script = [answered(202, { location: '/gifts/queued' }), answered(200)];
    const outcome = await give({ follow: false });
    assert.equal(outcome.kind, 'queued');
    assert.equal(keys.length, 1);
  });

  test('without a body sends none, and says of none what type it has', async () => {
    let seen: (string | null)[] = [];
    script = [
      (request) => {
        seen = [request.headers.get('content-type'), String(request.body)];
        return json(200, null);
      },
    ];
    await send(`${served.url}/gifts`, {});
    assert.deepEqual(seen, [null, 'null']);
  });

  test('tells how things stand', async () => {
    script = [answered(201)];
    const told: SiteHealth[] = [];
    const stop = onHealth((health) => told.push(health));
    await give();
    stop();
    await give();
    assert.deepEqual(told, [
      { header: 'ok', feature: null, tier: null, rung: null, ageMs: null, members: { ok: true } },
    ]);
  });
});

describe('an act', () => {
  let served: Served;
  let status = 201;
  const keys: (string | null)[] = [];
  before(async () => {
    process.env['PORT'] = '0';
    const take = (request: Request): Response => {
      keys.push(request.headers.get('idempotency-key'));
      return json(status, null);
    };
    served = await serve({ routes: { 'POST /acts': take } });
  });
  after(() => served.stop());
  beforeEach(() => {
    keys.length = 0;
  });
  const act = async (cents: number, answered: number): Promise<void> => {
    status = answered;
    const options = { json: { cents }, act: 'gift', tries: 1 };
    await send(`${served.url}/acts`, options).catch(() => undefined);
  };

  test('keeps its key until the site has said what became of it', async () => {
    for (const answered of [502, 503, 500, 201]) await act(5, answered);
    assert.equal(new Set(keys).size, 1);
    await act(5, 201);
    assert.equal(new Set(keys).size, 2);
  });

  test('that was refused is over', async () => {
    for (const answered of [422, 201]) await act(6, answered);
    assert.equal(new Set(keys).size, 2);
  });

  test('that says something else is another one', async () => {
    for (const cents of [7, 8]) await act(cents, 503);
    assert.equal(new Set(keys).size, 2);
  });
});

describe('a read from a browser', () => {
  let served: Served;
  before(async () => {
    process.env['PORT'] = '0';
    const gone = (): Response => problem(503, 'Closed', 'The database is resting.');
    served = await serve({
      routes: { 'GET /list': () => json(200, [1]), 'GET /gone': gone },
    });
  });
  after(() => served.stop());

  test('gives what was answered', async () => {
    const { body, from, ageMs, problem: trouble } = await read(`${served.url}/list`);
    assert.deepEqual([body, from, ageMs, trouble], [[1], 'site', 0, null]);
  });

  test('fails with what the answer says, and how long to wait', async () => {
    await assert.rejects(read(`${served.url}/gone`), {
      status: 503,
      detail: 'The database is resting.',
      retryAfterMs: null,
    });
    await assert.rejects(read('http://127.0.0.1:9/list'), { status: 0, title: 'No connection' });
  });

  test('ends in time', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    await assert.rejects(read(`http://127.0.0.1:${port}/`, { timeoutMs: 50 }), { status: 0 });
    silent.closeAllConnections();
    silent.close();
  });
});

test('the client is under 10 kB', async () => {
  const { outputFiles } = await build({
    entryPoints: ['src/client/client.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  const bytes = outputFiles[0]?.contents.length ?? Number.POSITIVE_INFINITY;
  console.log(`turnout/client: ${bytes} bytes minified`);
  assert.ok(bytes < 10_000, `${bytes} bytes`);
});
