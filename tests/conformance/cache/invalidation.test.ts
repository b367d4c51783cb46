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
