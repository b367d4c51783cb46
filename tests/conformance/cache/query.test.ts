import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { QueryPolicy } from '../../../src/derive/policies/policies.ts';
import { startCachedSite, type CachedSite } from '../../support/cached-site.ts';

/** Keeps every answer, which says by which address the service was asked. */
function startSite(query: QueryPolicy): Promise<CachedSite> {
  return startCachedSite(
    (request, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60' });
      response.end(request.url);
    },
    { query },
  );
}

describe('parameters of an address that do not count', () => {
  it('are in no key of the cache, and the service is not told of them', async () => {
    await using site = await startSite({ allow: null, drop: ['utm_*'], sort: true });
    const first = await site.ask('/events?zip=1&utm_source=poster&area=2');
    assert.equal(first.body, '/events?area=2&zip=1');
    const second = await site.ask('/events?area=2&utm_medium=mail&zip=1');
    assert.deepEqual([second.did, second.body], ['hit', '/events?area=2&zip=1']);
    assert.equal(site.origin.requests, 1);
  });

  it('cannot have an answer kept that others get', async () => {
    await using site = await startSite({ allow: ['page'], drop: [], sort: true });
    await site.ask('/events?callback=evil&page=1');
    assert.equal((await site.ask('/events?page=1')).body, '/events?page=1');
  });

  it('leave no question mark behind', async () => {
    await using site = await startSite({ allow: null, drop: ['gclid'], sort: false });
    assert.equal((await site.ask('/events?gclid=x')).body, '/events');
    assert.equal((await site.ask('/events')).did, 'hit');
  });

  it('are left out of what goes past the cache as well', async () => {
    await using site = await startSite({ allow: null, drop: ['gclid'], sort: false });
    assert.equal((await site.ask('/give?gclid=x&a=1', { method: 'POST' })).body, '/give?a=1');
  });
});
