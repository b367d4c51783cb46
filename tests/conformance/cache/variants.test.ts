import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startCachedSite } from '../../support/cached-site.ts';

describe('an answer that varies', () => {
  it('is used for requests that say the same, in whatever form', async () => {
    await using site = await startCachedSite((request, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60', vary: 'Accept-Language' });
      response.end(request.headers['accept-language'] ?? 'none');
    });
    const spoken = async (language?: string) => {
      const headers = language === undefined ? {} : { 'accept-language': language };
      return (await site.ask('/', { headers })).body;
    };
    assert.equal(await spoken('en, fr;q=0.5'), 'en, fr;q=0.5');
    assert.equal(await spoken('EN,fr;q=0.5'), 'en, fr;q=0.5');
    assert.equal(await spoken('fr'), 'fr');
    assert.equal(await spoken(), 'none');
    assert.equal(await spoken('en, fr;q=0.5'), 'en, fr;q=0.5', 'one does not push out another');
    assert.equal(site.origin.requests, 3);
  });

  it('keeps apart those who come with TLS, other hosts and other queries', async () => {
    await using site = await startCachedSite((request, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60' });
      response.end(`${request.headers.host}${request.url}`);
    });
    assert.equal((await site.ask('/a?x=1')).body, 'site.example/a?x=1');
    assert.equal((await site.ask('/a?x=2')).body, 'site.example/a?x=2');
    assert.equal((await site.ask('/a')).body, 'site.example/a');
    const other = await site.ask('/a', { headers: { host: 'other.example' } });
    assert.equal(other.body, 'other.example/a');
  });

  it('is held in no more variants than a client may make up', async () => {
    await using site = await startCachedSite((request, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60', vary: 'x-made-up' });
      response.end(String(request.headers['x-made-up']));
    });
    for (let n = 0; n < 40; n += 1) await site.ask('/', { headers: { 'x-made-up': String(n) } });
    const newest = await site.ask('/', { headers: { 'x-made-up': '39' } });
    const oldest = await site.ask('/', { headers: { 'x-made-up': '0' } });
    assert.deepEqual([newest.did, oldest.did], ['hit', 'fwd=uri-miss']);
  });
});
