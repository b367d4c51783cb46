import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startCachedSite } from '../../support/cached-site.ts';
import {
  askRange as ask,
  digits,
  fresh,
  type Headers,
  ranged,
} from '../../support/ranged-origin.ts';

describe('a part that is kept', () => {
  const contained: readonly (readonly [string, string, string])[] = [
    ['bytes=4-8', '45678', 'bytes 4-8/10'],
    ['bytes=6-7', '67', 'bytes 6-7/10'],
    ['bytes=4-4,5-5', '45', 'bytes 4-5/10'],
  ];
  for (const [range, body, contentRange] of contained) {
    it(`answers ${range} without the origin`, async () => {
      const { answer } = ranged();
      await using site = await startCachedSite(answer);
      const first = await ask(site, 'bytes=4-8');
      assert.deepEqual(first.told, [206, '45678', 'bytes 4-8/10', 'fwd=uri-miss']);
      const { told, headers } = await ask(site, range);
      assert.deepEqual(told, [206, body, contentRange, 'hit']);
      assert.equal(headers['content-length'], String(body.length));
      // Dates are of whole seconds, so that one may have begun meanwhile.
      assert.match(String(headers.age), /^[0-2]$/);
      assert.equal(site.origin.requests, 1);
    });
  }

  it('that reaches the end answers what counts from the end, or goes on to it', async () => {
    await using site = await startCachedSite(ranged().answer);
    await ask(site, 'bytes=-5');
    assert.deepEqual((await ask(site, 'bytes=-1')).told, [206, '9', 'bytes 9-9/10', 'hit']);
    assert.deepEqual((await ask(site, 'bytes=6-')).told, [206, '6789', 'bytes 6-9/10', 'hit']);
    const [status, , contentRange] = (await ask(site, 'bytes=10-')).told;
    assert.deepEqual([status, contentRange], [416, 'bytes */10']);
    assert.equal(site.origin.requests, 1);
  });

  it('tells a client that holds the same version so, and one of another version all', async () => {
    const { asked, answer } = ranged();
    await using site = await startCachedSite(answer);
    await ask(site, 'bytes=0-4');
    assert.equal((await ask(site, 'bytes=0-4', { 'if-none-match': '"v1"' })).told[0], 304);
    assert.equal((await ask(site, 'bytes=0-4', { 'if-range': '"v1"' })).told[3], 'hit');
    const { told } = await ask(site, 'bytes=0-4', { 'if-range': '"v0"' });
    assert.deepEqual(told, [200, digits, undefined, 'fwd=partial']);
    assert.deepEqual(asked, ['bytes=0-4', 'bytes=0-4']);
    assert.equal((await ask(site, null)).told[3], 'hit', 'all that came was kept');
  });

  it('is not taken for what lies beyond it, nor for a head', async () => {
    const { asked, answer } = ranged();
    await using site = await startCachedSite(answer);
    await ask(site, 'bytes=2-4');
    const { told } = await ask(site, 'bytes=4-5');
    assert.deepEqual(told, [206, '45', 'bytes 4-5/10', 'fwd=partial']);
    const head = await site.ask('/', { method: 'HEAD', headers: { range: 'bytes=2-3' } });
    assert.notEqual(head.did, 'hit');
    assert.deepEqual(asked.slice(0, 2), ['bytes=2-4', 'bytes=4-5']);
  });

  it('is used for nobody without asking where only-if-cached asks for more', async () => {
    await using site = await startCachedSite(ranged().answer);
    await ask(site, 'bytes=2-4');
    const only = { 'cache-control': 'only-if-cached' };
    assert.equal((await ask(site, 'bytes=2-3', only)).told[0], 206);
    assert.equal((await ask(site, 'bytes=2-9', only)).told[0], 504);
    assert.equal((await ask(site, null, only)).told[0], 504);
    assert.equal(site.origin.requests, 1);
  });

  it('of a length that nobody knows answers what lies within', async () => {
    await using site = await startCachedSite((_, response) => {
      response.writeHead(206, { ...fresh, 'content-range': 'bytes 0-3/*' }).end('0123');
    });
    await ask(site, 'bytes=0-3');
    assert.deepEqual((await ask(site, 'bytes=1-2')).told, [206, '12', 'bytes 1-2/*', 'hit']);
    for (const range of ['bytes=2-', 'bytes=-1', 'bytes=2-5']) {
      assert.equal((await ask(site, range)).told[3], 'fwd=partial', range);
    }
  });

  it('is kept by variant, purged with its address, and over in its time', async () => {
    const { answer } = ranged(digits, { ...fresh, vary: 'accept-language' });
    await using site = await startCachedSite(answer);
    await ask(site, 'bytes=0-3', { 'accept-language': 'en' });
    assert.equal(
      (await ask(site, 'bytes=0-3', { 'accept-language': 'fr' })).told[3],
      'fwd=uri-miss',
    );
    assert.equal((await ask(site, 'bytes=0-3', { 'accept-language': 'en' })).told[3], 'hit');
    await site.ask('/', { method: 'POST', body: 'new' });
    assert.equal(
      (await ask(site, 'bytes=0-3', { 'accept-language': 'en' })).told[3],
      'fwd=uri-miss',
    );
  });

  for (const [why, headers] of [
    ['no-store', { 'cache-control': 'no-store' }],
    ['private', { 'cache-control': 'private, max-age=60' }],
    ['no lifetime', { 'cache-control': '' }],
    ['an age beyond its time', { ...fresh, age: '61', etag: 'W/"v1"' }],
  ] as const) {
    it(`is not used with ${why}`, async () => {
      await using site = await startCachedSite(ranged(digits, headers).answer);
      await ask(site, 'bytes=0-3');
      assert.notEqual((await ask(site, 'bytes=0-3')).told[3], 'hit');
      assert.equal(site.origin.requests, 2);
    });
  }
});

describe('parts of the same version', () => {
  it('are joined, and once they are all there is they are the whole', async () => {
    const { asked, answer } = ranged();
    await using site = await startCachedSite(answer);
    for (const range of ['bytes=0-2', 'bytes=6-9', 'bytes=2-6']) await ask(site, range);
    assert.deepEqual((await ask(site, 'bytes=1-8')).told, [206, '12345678', 'bytes 1-8/10', 'hit']);
    const { told, headers } = await ask(site, null);
    assert.deepEqual(told, [200, digits, undefined, 'hit']);
    assert.equal(headers['content-length'], '10');
    assert.deepEqual(asked, ['bytes=0-2', 'bytes=6-9', 'bytes=2-6']);
  });

  it('have the headers of the one that came last', async () => {
    let round = 0;
    const { answer } = ranged();
    await using site = await startCachedSite((request, response) => {
      round += 1;
      response.setHeader('x-round', String(round));
      if (round === 1) response.setHeader('x-first', 'yes');
      answer(request, response);
    });
    await ask(site, 'bytes=0-2');
    await ask(site, 'bytes=3-5');
    const { told, headers } = await ask(site, 'bytes=1-4');
    assert.deepEqual(told, [206, '1234', 'bytes 1-4/10', 'hit']);
    assert.deepEqual([headers['x-round'], headers['x-first']], ['2', 'yes']);
  });

  const others: readonly (readonly [string, Headers])[] = [
    ['another tag', { etag: '"v2"' }],
    ['a weak tag', { etag: 'W/"v1"' }],
    ['another length', { etag: '"v1"', 'content-range': 'bytes 5-9/11' }],
    ['a date that may be too young', { etag: '', 'last-modified': new Date().toUTCString() }],
  ];
  for (const [what, second] of others) {
    it(`are never joined with one of ${what}`, async () => {
      await using site = await startCachedSite((request, response) => {
        const isFirst = request.headers.range === 'bytes=0-4';
        const headers = isFirst
          ? { ...fresh, 'content-range': 'bytes 0-4/10' }
          : { ...fresh, 'content-range': 'bytes 5-9/10', ...second };
        response.writeHead(206, headers).end(isFirst ? 'OLD..' : 'new..');
      });
      await ask(site, 'bytes=0-4');
      await ask(site, 'bytes=5-9');
      assert.equal((await ask(site, 'bytes=3-6')).told[3], 'fwd=partial');
      assert.notEqual((await ask(site, null)).told[3], 'hit');
    });
  }

  it('by the date of a change long ago are joined as well', async () => {
    const { answer } = ranged(digits, {
      'cache-control': 'max-age=60',
      'last-modified': 'Tue, 15 Nov 1994 12:45:26 GMT',
    });
    await using site = await startCachedSite(answer);
    for (const range of ['bytes=0-4', 'bytes=5-9']) await ask(site, range);
    assert.deepEqual((await ask(site, null)).told, [200, digits, undefined, 'hit']);
  });

  it('are held in no more pieces and bytes than a client may make of them', async () => {
    const content = 'x'.repeat(1_000);
    await using site = await startCachedSite(ranged(content).answer);
    for (let n = 0; n < 40; n += 1) await ask(site, `bytes=${n * 10}-${n * 10 + 1}`);
    assert.equal((await ask(site, 'bytes=390-391')).told[3], 'hit');
    assert.equal((await ask(site, 'bytes=0-1')).told[3], 'fwd=partial', 'began anew');
  });
});
