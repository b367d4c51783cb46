import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startCachedSite } from '../../support/cached-site.ts';
import { eventually } from '../../support/eventually.ts';

/** RFC 5861, and RFC 9111 4.2.4. */
describe('an answer whose time is over', () => {
  it('is used while it is fetched anew, once for all', async () => {
    let version = 0;
    const { promise: allHaveAsked, resolve: goOn } = Promise.withResolvers<void>();
    await using site = await startCachedSite(async (_, response) => {
      version += 1;
      const age = version === 1 ? '61' : '0';
      if (version > 1) await allHaveAsked;
      const headers = { 'cache-control': 'max-age=60, stale-while-revalidate=60', age };
      response.writeHead(200, headers).end(`page ${version}`);
    });
    await site.ask('/');
    const during = await Promise.all(Array.from({ length: 10 }, () => site.ask('/')));
    goOn();
    assert.ok(during.every(({ body, did }) => body === 'page 1' && did === 'hit'));
    await eventually('the new one', async () => (await site.ask('/')).body === 'page 2');
    assert.equal(site.origin.requests, 2);
  });

  it('is not used while it is fetched when even that time is over', async () => {
    let version = 0;
    await using site = await startCachedSite((_, response) => {
      version += 1;
      const headers = { 'cache-control': 'max-age=60, stale-while-revalidate=60', age: '121' };
      response.writeHead(200, headers).end(`page ${version}`);
    });
    await site.ask('/');
    assert.equal((await site.ask('/')).body, 'page 2');
  });

  for (const status of [500, 502, 503, 504]) {
    it(`stands in for ${status} where it may`, async () => {
      await using site = await startCachedSite((_, response) => {
        if (site.origin.requests > 1) response.writeHead(status).end('broken');
        else {
          const headers = { 'cache-control': 'max-age=60, stale-if-error=600', age: '61' };
          response.writeHead(200, headers).end('the page');
        }
      });
      await site.ask('/');
      const { status: got, body, headers } = await site.ask('/');
      assert.deepEqual([got, body], [200, 'the page']);
      assert.match(String(headers['cache-status']), new RegExp(`fwd=stale; fwd-status=${status}`));
      assert.ok(Number(headers.age) >= 61);
    });
  }

  it('does not stand in for an error where nobody said so', async () => {
    await using site = await startCachedSite((_, response) => {
      if (site.origin.requests > 1) response.writeHead(503).end('broken');
      else response.writeHead(200, { 'cache-control': 'max-age=60', age: '61' }).end('the page');
    });
    await site.ask('/');
    const { status, body } = await site.ask('/');
    assert.deepEqual([status, body], [503, 'broken']);
  });

  it('does not stand in for 404', async () => {
    await using site = await startCachedSite((_, response) => {
      const headers = { 'cache-control': 'max-age=60, stale-if-error=600', age: '61' };
      response.writeHead(site.origin.requests > 1 ? 404 : 200, headers).end('the page');
    });
    await site.ask('/');
    assert.equal((await site.ask('/')).status, 404);
  });

  for (const word of ['must-revalidate', 'proxy-revalidate', 'no-cache']) {
    it(`is never used with ${word}, not even where nobody answers`, async () => {
      const control = `max-age=60, stale-while-revalidate=600, stale-if-error=600, ${word}`;
      await using site = await startCachedSite((request, response) => {
        const headers = { 'cache-control': control, age: '61', etag: '"v1"' };
        if (site.origin.requests > 1) request.socket.destroy();
        else response.writeHead(200, headers).end('the page');
      });
      await site.ask('/');
      assert.equal((await site.ask('/')).status, 502);
    });
  }

  it('is used where the service is gone; nothing that was kept fails', async () => {
    let isGone = false;
    await using site = await startCachedSite((request, response) => {
      if (isGone) request.socket.destroy();
      else response.writeHead(200, { 'cache-control': 'max-age=60', age: '61' }).end('the page');
    });
    await site.ask('/');
    isGone = true;
    const answers = await Promise.all(Array.from({ length: 50 }, () => site.ask('/')));
    assert.ok(answers.every(({ status, body }) => status === 200 && body === 'the page'));
    assert.equal((await site.ask('/other')).status, 502, 'what was not kept does');
  });
});
