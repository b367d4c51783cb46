import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startCachedSite } from '../../support/cached-site.ts';

/** Old at once, and to be asked about by its tag. */
const stale = { 'cache-control': 'max-age=60', age: '61', etag: '"v1"' };

describe('an answer whose time is over', () => {
  it('is asked about by its tag, and used again when it still holds', async () => {
    const conditions: (string | undefined)[] = [];
    await using site = await startCachedSite((request, response) => {
      conditions.push(request.headers['if-none-match']);
      if (request.headers['if-none-match'] === '"v1"') {
        response.writeHead(304, { 'cache-control': 'max-age=60', 'x-round': '2' }).end();
      } else response.writeHead(200, { ...stale, 'x-round': '1' }).end('the page');
    });
    assert.equal((await site.ask('/')).headers['x-round'], '1');
    const validated = await site.ask('/');
    assert.equal(validated.status, 200);
    assert.equal(validated.body, 'the page');
    assert.equal(validated.headers['x-round'], '2', 'what the 304 says is new');
    assert.equal(validated.did, 'fwd=stale');
    const again = await site.ask('/');
    assert.equal(again.did, 'hit', 'its time began anew');
    assert.equal(again.headers['x-round'], '2');
    assert.deepEqual(conditions, [undefined, '"v1"']);
  });

  it('gives way to another one', async () => {
    let version = 0;
    await using site = await startCachedSite((_, response) => {
      version += 1;
      response.writeHead(200, { ...stale, etag: `"v${version}"` }).end(`page ${version}`);
    });
    assert.equal((await site.ask('/')).body, 'page 1');
    assert.equal((await site.ask('/')).body, 'page 2');
  });

  it('is asked about by its date where it has no tag', async () => {
    const changed = 'Tue, 15 Nov 1994 12:45:26 GMT';
    await using site = await startCachedSite((request, response) => {
      const isSame = request.headers['if-modified-since'] === changed;
      const headers = { 'cache-control': 'max-age=60', age: '61', 'last-modified': changed };
      response.writeHead(isSame ? 304 : 200, headers).end(isSame ? undefined : 'the page');
    });
    await site.ask('/');
    const { status, body, did } = await site.ask('/');
    assert.deepEqual({ status, body, did }, { status: 200, body: 'the page', did: 'fwd=stale' });
  });

  it('is fetched whole when the 304 is about another version', async () => {
    await using site = await startCachedSite((request, response) => {
      const asked = request.headers['if-none-match'];
      if (asked === undefined && site.origin.requests > 1) {
        response.writeHead(200, { 'cache-control': 'max-age=60', etag: '"v2"' }).end('new page');
      } else if (asked !== undefined) response.writeHead(304, { etag: '"v2"' }).end();
      else response.writeHead(200, stale).end('old page');
    });
    assert.equal((await site.ask('/')).body, 'old page');
    const next = await site.ask('/');
    assert.deepEqual([next.body, next.headers.etag], ['new page', '"v2"']);
  });

  it('takes over the type that a 304 says, and nothing about the bytes that are kept', async () => {
    await using site = await startCachedSite((request, response) => {
      const isSame = request.headers['if-none-match'] === '"v1"';
      const about = isSame
        ? { 'content-type': 'text/html', 'content-md5': 'new', 'content-encoding': 'x-new' }
        : { 'content-type': 'text/plain', 'content-md5': 'old' };
      response.writeHead(isSame ? 304 : 200, { ...stale, ...about }).end(isSame ? '' : 'page');
    });
    await site.ask('/');
    const { headers, body } = await site.ask('/');
    assert.deepEqual(
      [body, headers['content-type'], headers['content-md5'], headers['content-encoding']],
      ['page', 'text/html', 'old', undefined],
    );
  });

  it('is kept to be asked about where no-cache is all that was said', async () => {
    await using site = await startCachedSite((request, response) => {
      const isSame = request.headers['if-none-match'] === '"v1"';
      const headers = { 'cache-control': 'no-cache', etag: '"v1"' };
      response.writeHead(isSame ? 304 : 200, headers).end(isSame ? '' : 'page');
    });
    await site.ask('/');
    assert.deepEqual((await site.ask('/')).did, 'fwd=stale');
    const { did } = await site.ask('/', { headers: { 'cache-control': 'only-if-cached' } });
    assert.equal(did, '', 'who wants no question asked is told that there is nothing');
    assert.equal(site.origin.requests, 2);
  });

  it('begins its time anew where neither answer has a date', async () => {
    await using site = await startCachedSite((request, response) => {
      response.sendDate = false;
      const isSame = request.headers['if-none-match'] === '"v1"';
      const age = isSame ? '0' : '61';
      response.writeHead(isSame ? 304 : 200, { ...stale, age }).end(isSame ? undefined : 'page');
    });
    await site.ask('/');
    assert.equal((await site.ask('/')).did, 'fwd=stale');
    const { did, headers } = await site.ask('/');
    assert.equal(did, 'hit');
    assert.equal(String(headers.date).split(', ').length, 2, 'one date');
  });

  it('with no-cache is asked about at each use', async () => {
    await using site = await startCachedSite((request, response) => {
      const headers = { 'cache-control': 'no-cache, max-age=60', etag: '"v1"' };
      const isSame = request.headers['if-none-match'] === '"v1"';
      response.writeHead(isSame ? 304 : 200, headers).end(isSame ? undefined : 'the page');
    });
    for (let n = 1; n <= 3; n += 1) {
      assert.equal((await site.ask('/')).body, 'the page');
      assert.equal(site.origin.requests, n);
    }
  });
});

describe('a client that holds a copy', () => {
  const headers = {
    'cache-control': 'max-age=60',
    etag: 'W/"v1"',
    'last-modified': 'Tue, 15 Nov 1994 12:45:26 GMT',
    'content-type': 'text/plain',
  };
  const conditions: readonly (readonly [string, Record<string, string>, number])[] = [
    ['the tag', { 'if-none-match': '"v0", W/"v1"' }, 304],
    ['the tag, strong or weak', { 'if-none-match': '"v1"' }, 304],
    ['any', { 'if-none-match': '*' }, 304],
    ['another tag', { 'if-none-match': '"v2"' }, 200],
    ['the date', { 'if-modified-since': headers['last-modified'] }, 304],
    ['an earlier date', { 'if-modified-since': 'Mon, 14 Nov 1994 12:45:26 GMT' }, 200],
    ['no date', { 'if-modified-since': 'yesterday' }, 200],
    [
      'another tag and the date',
      { 'if-none-match': '"v2"', 'if-modified-since': headers['last-modified'] },
      200,
    ],
  ];
  for (const [what, asked, status] of conditions) {
    it(`gets ${status} for ${what}`, async () => {
      await using site = await startCachedSite((_, response) => {
        response.writeHead(200, headers).end('the page');
      });
      await site.ask('/');
      const answer = await site.ask('/', { headers: asked });
      assert.equal(answer.status, status);
      assert.equal(answer.body, status === 304 ? '' : 'the page');
      assert.equal(answer.headers.etag, 'W/"v1"');
      assert.equal(answer.headers['content-type'], status === 304 ? undefined : 'text/plain');
      assert.equal(site.origin.requests, 1);
    });
  }

  it('is answered by the origin alone where only the origin may judge', async () => {
    await using site = await startCachedSite((request, response) => {
      response.writeHead(request.headers['if-match'] === undefined ? 200 : 412, headers).end();
    });
    await site.ask('/');
    const { status, did } = await site.ask('/', { headers: { 'if-match': '"v9"' } });
    assert.deepEqual({ status, did }, { status: 412, did: 'fwd=bypass' });
  });

  it('gets 304 for a page that was fetched for it, and the next one gets the page', async () => {
    await using site = await startCachedSite((request, response) => {
      assert.equal(request.headers['if-none-match'], undefined, 'what is kept is the whole');
      response.writeHead(200, headers).end('the page');
    });
    const first = await site.ask('/', { headers: { 'if-none-match': '"v1"' } });
    assert.equal(first.status, 304);
    assert.equal((await site.ask('/')).body, 'the page');
    assert.equal(site.origin.requests, 1);
  });
});
