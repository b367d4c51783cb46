import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCachedSite } from '../../support/cached-site.ts';
import { eventually } from '../../support/eventually.ts';

const times = <Value>(count: number, make: (n: number) => Promise<Value>): Promise<Value[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => make(n)));

describe('many who ask for the same at a time', () => {
  it('are answered by one request to the service', async () => {
    await using site = await startCachedSite(async (_, response) => {
      await sleep(100);
      response.writeHead(200, { 'cache-control': 'max-age=60' }).end('the page');
    });
    const answers = await times(100, () => site.ask('/'));
    assert.ok(answers.every(({ status, body }) => status === 200 && body === 'the page'));
    assert.equal(site.origin.requests, 1);
  });

  it('read a body while it comes, each at once', async () => {
    await using site = await startCachedSite(async (_, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60' });
      for (let n = 0; n < 20; n += 1) {
        response.write('x'.repeat(10_000));
        await sleep(5);
      }
      response.end();
    });
    const early = times(10, () => site.ask('/'));
    await sleep(50);
    const late = times(10, () => site.ask('/'));
    for (const { body } of [...(await early), ...(await late)]) assert.equal(body.length, 200_000);
    assert.equal(site.origin.requests, 1);
    assert.equal((await site.ask('/')).did, 'hit');
  });

  it('do not wait one after the other for what cannot be shared', async () => {
    await using site = await startCachedSite(async (_, response) => {
      await sleep(300);
      response.writeHead(200, { 'cache-control': 'no-store' }).end('yours');
    });
    const began = performance.now();
    await times(10, () => site.ask('/'));
    // Once for the first, and once for all the others together.
    assert.ok(performance.now() - began < 1_500, `${performance.now() - began} ms`);
    assert.equal(site.origin.requests, 10);
    await times(10, () => site.ask('/'));
    assert.equal(site.origin.requests, 20);
  });

  it('each get their own variant', async () => {
    await using site = await startCachedSite(async (request, response) => {
      await sleep(100);
      response.writeHead(200, { 'cache-control': 'max-age=60', vary: 'accept-language' });
      response.end(request.headers['accept-language']);
    });
    const answers = await times(20, async (n) => {
      const language = n % 2 === 0 ? 'en' : 'fr';
      const { body } = await site.ask('/', { headers: { 'accept-language': language } });
      return body === language;
    });
    assert.ok(answers.every(Boolean));
    assert.ok(site.origin.requests <= 3, String(site.origin.requests));
  });

  for (const [how, body] of [
    ['in one piece', 'page'],
    ['while it comes', 'x'.repeat(300_000)],
  ] as const) {
    it(`get no header that is for the first alone, ${how}`, async () => {
      await using site = await startCachedSite(async (_, response) => {
        await sleep(100);
        const control = 'max-age=60, private="x-greeting", no-cache="x-count"';
        const headers = { 'cache-control': control, 'x-greeting': 'Ada', 'x-count': '1' };
        response.writeHead(200, headers);
        response.end(body);
      });
      const answers = await times(10, () => site.ask('/'));
      const told = answers.map(({ headers }) => `${headers['x-greeting']} ${headers['x-count']}`);
      assert.deepEqual(told.toSorted().slice(0, 2), ['Ada 1', 'undefined undefined']);
      assert.equal(site.origin.requests, 1);
    });
  }

  it('are answered though the first of them goes away', async () => {
    await using site = await startCachedSite(async (_, response) => {
      await sleep(200);
      response.writeHead(200, { 'cache-control': 'max-age=60' }).end('the page');
    });
    const leader = new AbortController();
    const first = site.ask('/', { signal: leader.signal }).catch(() => null);
    await eventually('it is asked', async () => site.origin.requests === 1);
    const others = times(10, () => site.ask('/'));
    await sleep(50);
    leader.abort();
    assert.equal(await first, null);
    assert.ok((await others).every(({ body }) => body === 'the page'));
    assert.equal(site.origin.requests, 1);
  });

  it('once all have gone away, the service is left alone', async () => {
    let isCut = false;
    await using site = await startCachedSite((_, response) => {
      response.once('close', () => (isCut = !response.writableFinished));
    });
    const gone = new AbortController();
    const all = times(5, () => site.ask('/', { signal: gone.signal }).catch(() => null));
    await eventually('it is asked', async () => site.origin.requests === 1);
    await sleep(50);
    gone.abort();
    await all;
    await eventually('the request is given up', async () => isCut);
  });

  it('share a failure as well', async () => {
    await using site = await startCachedSite(async (request) => {
      await sleep(100);
      request.socket.destroy();
    });
    const answers = await times(20, () => site.ask('/'));
    assert.ok(answers.every(({ status }) => status === 502));
    // The first try and its repetitions, for all of them.
    assert.ok(site.origin.requests <= 4, String(site.origin.requests));
  });
});
