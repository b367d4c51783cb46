import assert from 'node:assert/strict';
import { Agent, createServer, request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { NeedLostError } from '../need-lost-error.ts';
import { needReports } from '../need-reports.ts';
import { json } from './answers.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { readJson } from './read-json.ts';
import { RequestProblem } from './request-problem.ts';
import { serve, type Served } from './serve.ts';

process.env['PORT'] = '0';

describe('a service', () => {
  let served: Served;
  before(async () => {
    served = await serve({
      bodyBytes: 5_000,
      routes: {
        'GET /things/:id': (_, { params, requestId }) => json(200, { ...params, requestId }),
        'GET /things/new': () => json(200, 'literal'),
        'POST /things': async (incoming) => json(201, await readJson(incoming, 2_000)),
        'PUT /keyed': (incoming) => json(200, idempotencyKey(incoming)),
        'GET /lost': () => {
          throw new NeedLostError('db.primary', 'gone');
        },
        'GET /unknown': () => {
          throw new NeedLostError('db.primary', 'gone', { outcome: 'unknown' });
        },
        'GET /wrong': () => {
          throw new RequestProblem(422, 'Wrong', 'It is wrong.');
        },
        'GET /broken': () => {
          throw new Error('secret reason');
        },
        'ANY /any/**': ({ method }) => new Response(method),
      },
    });
  });
  after(() => served.stop());
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(served.url + path, init);
  const post = (body: string, type = 'application/json'): Promise<Response> =>
    ask('/things', { method: 'POST', headers: { 'content-type': type }, body });

  test('answers where the routes say, the more specific first', async () => {
    assert.deepEqual(await (await ask('/things/new')).json(), 'literal');
    const answer = await ask('/things/a%20b', { headers: { 'x-request-id': 'r-1' } });
    assert.deepEqual(await answer.json(), { id: 'a b', requestId: 'r-1' });
    assert.equal(answer.headers.get('x-request-id'), 'r-1');
    assert.equal(await (await ask('/any/a/b', { method: 'DELETE' })).text(), 'DELETE');
  });

  test('answers HEAD where it answers GET, with the same length and no body', async () => {
    const [head, get] = [await ask('/things/new', { method: 'HEAD' }), await ask('/things/new')];
    assert.equal(head.headers.get('content-length'), get.headers.get('content-length'));
    assert.equal(await head.text(), '');
  });

  test('makes a request id where none, or none that can be used, came', async () => {
    const made = (await ask('/things/1')).headers.get('x-request-id') ?? '';
    assert.match(made, /^[\da-f-]{36}$/);
    const long = (await ask('/things/1', { headers: { 'x-request-id': 'x'.repeat(200) } })).headers;
    assert.match(long.get('x-request-id') ?? '', /^[\da-f-]{36}$/);
  });

  test('says what is not there, and what an address takes', async () => {
    assert.equal((await ask('/nothing')).status, 404);
    assert.equal((await ask('/things/%ff')).status, 400);
    const answer = await ask('/things', { method: 'DELETE' });
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'POST']);
  });

  test('reads JSON up to a limit and refuses the rest plainly', async () => {
    assert.deepEqual(await (await post('{"a":1}')).json(), { a: 1 });
    assert.equal((await post('{')).status, 400);
    assert.equal((await post('{}', 'text/plain')).status, 415);
    assert.equal((await post(JSON.stringify('x'.repeat(3_000)))).status, 413);
    assert.equal((await post(JSON.stringify('x'.repeat(9_000_000)))).status, 413);
  });

  test('reads an idempotency key with or without quotes, and refuses what is none', async () => {
    const key = async (text: string): Promise<unknown> => {
      const answer = await ask('/keyed', { method: 'PUT', headers: { 'idempotency-key': text } });
      return answer.status === 200 ? answer.json() : answer.status;
    };
    assert.equal(await key('"a\\"b"'), 'a"b');
    assert.equal(await key('8e03978e-40d5'), '8e03978e-40d5');
    for (const wrong of ['"', '"a', 'a b', '"a", "b"', `"${'x'.repeat(201)}"`]) {
      assert.equal(await key(wrong), 400, wrong);
    }
  });

  test('answers what a handler throws, without the reason', async () => {
    assert.equal((await ask('/wrong')).status, 422);
    const broken = await ask('/broken');
    assert.equal(broken.status, 500);
    assert.doesNotMatch(await broken.text(), /secret/);
    const lost = await ask('/lost');
    assert.equal(lost.status, 503);
    assert.equal(lost.headers.get('service-health'), 'db.primary=down');
    const { detail } = (await lost.json()) as { detail: string };
    assert.match(detail, /database .* takes no changes .* Nothing was done/);
    assert.equal((await ask('/unknown')).status, 504);
  });

  test('says on every answer what is down, and stays healthy for all that', async () => {
    needReports.down('db.replica');
    for (const path of ['/health', '/things/new', '/nothing', '/broken']) {
      assert.equal((await ask(path)).headers.get('service-health'), 'db.replica=down', path);
    }
    assert.equal((await ask('/health')).status, 200);
    needReports.up('db.replica');
    assert.equal((await ask('/health')).headers.get('service-health'), 'ok');
  });
});

test('two routes that take the same requests are refused at the start', async () => {
  const handler = (): Response => json(200, 1);
  await assert.rejects(serve({ routes: { 'GET /:a': handler, 'GET /:b': handler } }), /the same/);
  await assert.rejects(serve({ routes: { 'get /a': handler } }), /is not METHOD/);
});

test('a listener of another framework gets health, request id and Service-Health', async () => {
  const served = await serve({
    listener: (incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/plain' }).end(incoming.url);
    },
  });
  const answer = await fetch(`${served.url}/over/there`);
  assert.equal(await answer.text(), '/over/there');
  assert.equal(answer.headers.get('service-health'), 'ok');
  assert.equal((await fetch(`${served.url}/health`)).status, 200);
  await served.stop();
});

test('an error has nothing of the answer that it takes the place of', async () => {
  const served = await serve({
    listener: (_, outgoing) => {
      outgoing.setHeader('content-encoding', 'gzip');
      outgoing.setHeader('set-cookie', 'session=1');
      outgoing.setHeader('etag', '"1"');
      throw new RequestProblem(409, 'Not now', 'Somebody else is at it.');
    },
  });
  const answer = await fetch(served.url, { headers: { 'x-request-id': 'r-2' } });
  assert.equal(answer.status, 409);
  assert.match(await answer.text(), /Somebody else/);
  for (const name of ['content-encoding', 'set-cookie', 'etag']) {
    assert.equal(answer.headers.get(name), null, name);
  }
  assert.equal(answer.headers.get('x-request-id'), 'r-2');
  assert.equal(answer.headers.get('service-health'), 'ok');
  await served.stop();
});

test('it drains under load: what was asked is answered, and no connection is reset', async () => {
  const served = await serve({
    fetch: async () => {
      await delay(20);
      return json(200, 'done');
    },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const stopping = new AbortController();
  const results = { answered: 0, refused: 0, failed: [] as string[] };
  const ask = (): Promise<void> =>
    new Promise((resolve) => {
      const asked = request(served.url, { agent }, (answer) => {
        results.answered++;
        answer.resume().once('end', resolve);
      });
      asked.once('error', (error: NodeJS.ErrnoException) => {
        // Nothing was accepted any more: a balancer knows that it may go elsewhere.
        if (error.code === 'ECONNREFUSED') results.refused++;
        else results.failed.push(String(error.code));
        resolve();
      });
      asked.end();
    });
  const client = async (): Promise<void> => {
    while (!stopping.signal.aborted && results.refused === 0) await ask();
  };
  const clients = Array.from({ length: 16 }, client);
  await delay(200);
  await served.stop();
  stopping.abort();
  await Promise.all(clients);
  agent.destroy();
  assert.ok(results.answered > 16, JSON.stringify(results));
  assert.deepEqual(results.failed, []);
});

test('a port that is taken is said at once', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  process.env['PORT'] = String(typeof address === 'object' ? address?.port : 0);
  await assert.rejects(serve({ routes: {} }), { code: 'EADDRINUSE' });
  process.env['PORT'] = '0';
  taken.close();
});
