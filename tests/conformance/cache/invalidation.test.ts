import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCachedSite, type CachedSite } from '../../support/cached-site.ts';
import { eventually } from '../../support/eventually.ts';

/** GET is kept; what another method answers is as its path says: `/201/elsewhere`. */
function startWritten(location: Record<string, string> = {}): Promise<CachedSite> {
  let version = 0;
  return startCachedSite((request, response) => {
    if (request.method === 'GET') {
      version += 1;
      response.writeHead(200, { 'cache-control': 'max-age=60' }).end(`version ${version}`);
    } else {
      const status = Number(request.headers['x-status'] ?? 200);
      response.writeHead(status, location).end();
    }
  });
}

/** RFC 9111 4.4. */
describe('a write', () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND']) {
    it(`by ${method} that succeeds makes what is kept of its address doubtful`, async () => {
      await using site = await startWritten();
      await site.ask('/page');
      await site.ask('/page', { method });
      assert.equal((await site.ask('/page')).body, 'version 2');
    });
  }

  it('that fails leaves it', async () => {
    await using site = await startWritten();
    await site.ask('/page');
    for (const status of ['400', '500']) {
      await site.ask('/page', { method: 'POST', headers: { 'x-status': status } });
    }
    assert.equal((await site.ask('/page')).body, 'version 1');
  });

  for (const name of ['location', 'content-location']) {
    it(`makes doubtful what its ${name} names, on this site only`, async () => {
      await using here = await startWritten({ [name]: '/page' });
      await here.ask('/page');
      await here.ask('/form', { method: 'POST' });
      assert.equal((await here.ask('/page')).body, 'version 2');
      await using elsewhere = await startWritten({ [name]: 'http://other.example/page' });
      const headers = { host: 'other.example' };
      await elsewhere.ask('/page', { headers });
      await elsewhere.ask('/form', { method: 'POST' });
      assert.equal((await elsewhere.ask('/page', { headers })).body, 'version 1');
    });
  }

  it('is not undone by what was read before it and comes after it', async () => {
    let version = 1;
    await using site = await startCachedSite(async (request, response) => {
      if (request.method === 'POST') {
        version += 1;
        response.end();
        return;
      }
      const text = `version ${version}`;
      if (request.headers['x-slow'] !== undefined) await sleep(300);
      response.writeHead(200, { 'cache-control': 'max-age=60' }).end(text);
    });
    const slow = site.ask('/page', { headers: { 'x-slow': 'yes' } });
    await eventually('it is asked', async () => site.origin.requests === 1);
    await site.ask('/page', { method: 'POST' });
    assert.equal((await slow).body, 'version 1');
    assert.equal((await site.ask('/page')).body, 'version 2');
  });

  it('by a safe method changes nothing', async () => {
    await using site = await startWritten();
    await site.ask('/page');
    await site.ask('/page', { method: 'OPTIONS' });
    assert.equal((await site.ask('/page')).body, 'version 1');
  });
});

/** RFC 9110 9.3.3. */
describe('an answer to POST', () => {
  const same = { 'cache-control': 'max-age=60', 'content-location': '/page' };
  const cases: readonly (readonly [
    string,
    Record<string, string>,
    Record<string, string>,
    string,
  ])[] = [
    ['that is what a GET gets, and says how long, is kept for it', same, {}, 'posted'],
    ['that is about another address', { ...same, 'content-location': '/other' }, {}, 'got'],
    ['that names no address', { 'cache-control': 'max-age=60' }, {}, 'got'],
    ['that does not say how long', { 'content-location': '/page' }, {}, 'got'],
    ['that sets a cookie', { ...same, 'set-cookie': 'a=1' }, {}, 'got'],
    ['by another method in disguise', same, { 'x-http-method-override': 'DELETE' }, 'got'],
  ];
  for (const [what, headers, asked, body] of cases) {
    it(body === 'got' ? `${what} is not kept` : what, async () => {
      await using site = await startCachedSite(({ method }, response) => {
        if (method === 'POST') response.writeHead(200, headers).end('posted');
        else response.end('got');
      });
      const posted = await site.ask('/page', { method: 'POST', body: 'a=1', headers: asked });
      assert.equal(posted.body, 'posted');
      assert.equal((await site.ask('/page')).body, body);
      assert.equal((await site.ask('/page', { method: 'POST', body: 'a=1' })).body, 'posted');
    });
  }

  it('is never used for another POST', async () => {
    await using site = await startCachedSite((_, response) => {
      response.writeHead(200, same).end(`answer ${site.origin.requests}`);
    });
    for (const body of ['answer 1', 'answer 2']) {
      assert.equal((await site.ask('/page', { method: 'POST', body: 'a=1' })).body, body);
    }
  });
});
