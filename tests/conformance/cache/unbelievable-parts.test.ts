import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startCachedSite } from '../../support/cached-site.ts';
import { askRange as ask, fresh, type Headers, ranged } from '../../support/ranged-origin.ts';

describe('a 206 that cannot be believed', () => {
  const wrong: readonly (readonly [string, Headers])[] = [
    ['no range', {}],
    ['a range that ends before it begins', { 'content-range': 'bytes 5-4/10' }],
    ['a range beyond the end', { 'content-range': 'bytes 8-12/10' }],
    ['a longer range than its body', { 'content-range': 'bytes 0-9/10' }],
    ['a shorter range than its body', { 'content-range': 'bytes 0-1/10' }],
    ['another unit', { 'content-range': 'lines 0-4/10' }],
    ['a number that is none', { 'content-range': 'bytes 0-4/1e1' }],
    ['a number beyond all numbers', { 'content-range': `bytes 0-4/${'9'.repeat(40)}` }],
    [
      'several parts',
      { 'content-range': 'bytes 0-4/10', 'content-type': 'multipart/byteranges; boundary=x' },
    ],
  ];
  for (const [what, headers] of wrong) {
    it(`for ${what} is passed on and not kept`, async () => {
      await using site = await startCachedSite((_, response) => {
        response.writeHead(206, { ...fresh, ...headers }).end('01234');
      });
      for (let n = 1; n <= 2; n += 1) {
        const answer = await site.ask('/', { headers: { range: 'bytes=0-4' } });
        assert.deepEqual([answer.status, answer.body], [206, '01234']);
        assert.equal(site.origin.requests, n);
      }
    });
  }

  it('because nobody asked for a part is passed on and not kept', async () => {
    await using site = await startCachedSite((_, response) => {
      response.writeHead(206, { ...fresh, 'content-range': 'bytes 0-4/10' }).end('01234');
    });
    await ask(site, null);
    assert.notEqual((await ask(site, 'bytes=0-4')).told[3], 'hit');
  });

  it('because it says two ranges is passed on and not kept', async () => {
    await using site = await startCachedSite((_, response) => {
      response.writeHead(206, [
        ...Object.entries(fresh).flat(),
        'content-range',
        'bytes 0-4/10',
        'content-range',
        'bytes 5-9/10',
      ]);
      response.end('01234');
    });
    await ask(site, 'bytes=0-4');
    assert.notEqual((await ask(site, 'bytes=0-4')).told[3], 'hit');
  });

  it('because it is cut off is cut off for its reader, and not kept', async () => {
    await using site = await startCachedSite((request, response) => {
      if (site.origin.requests > 1) return ranged().answer(request, response);
      response.writeHead(206, { ...fresh, 'content-range': 'bytes 0-4/10', 'content-length': 5 });
      response.write('01', () => response.destroy());
    });
    await assert.rejects(ask(site, 'bytes=0-4'));
    assert.deepEqual((await ask(site, 'bytes=0-4')).told, [
      206,
      '01234',
      'bytes 0-4/10',
      'fwd=uri-miss',
    ]);
  });
});
