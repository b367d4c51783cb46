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

describe('a part of what is asked for as a whole', () => {
  const gaps = [
    ['bytes=0-4', 'bytes=5-'],
    ['bytes=4-9', 'bytes=0-3'],
  ] as const;
  for (const [held, missing] of gaps) {
    it(`of ${held} is completed by ${missing}, and kept as the whole`, async () => {
      const { asked, answer } = ranged();
      const conditions: (string | undefined)[] = [];
      await using site = await startCachedSite((request, response) => {
        conditions.push(request.headers['if-range'] as string | undefined);
        answer(request, response);
      });
      await ask(site, held);
      const { told, headers } = await ask(site, null);
      assert.deepEqual(told, [200, digits, undefined, 'fwd=partial']);
      assert.equal(headers['content-length'], '10');
      assert.deepEqual((await ask(site, null)).told, [200, digits, undefined, 'hit']);
      assert.deepEqual(
        [asked, conditions],
        [
          [held, missing],
          [undefined, '"v1"'],
        ],
      );
    });
  }

  it('gives way to the whole where that is another version by now', async () => {
    await using site = await startCachedSite((request, response) => {
      const isFirst = request.headers['if-range'] === undefined;
      if (isFirst) ranged().answer(request, response);
      else response.writeHead(200, { ...fresh, etag: '"v2"' }).end('another');
    });
    await ask(site, 'bytes=0-4');
    assert.deepEqual((await ask(site, null)).told, [200, 'another', undefined, 'fwd=partial']);
    assert.deepEqual((await ask(site, null)).told, [200, 'another', undefined, 'hit']);
  });

  const lies: readonly (readonly [string, number, Headers, string])[] = [
    ['a part of another version', 206, { etag: '"v2"' }, '56789'],
    ['another part', 206, { 'content-range': 'bytes 4-8/10' }, '45678'],
    ['a part of something longer', 206, { 'content-range': 'bytes 5-9/99' }, '56789'],
    ['a part without a range', 206, { 'content-range': '' }, '56789'],
    ['a part that says another length', 206, { 'content-length': '3' }, '567'],
    ['that there is nothing there', 416, { 'content-range': 'bytes */4' }, ''],
  ];
  for (const [what, status, wrong, body] of lies) {
    it(`is not completed by ${what}: the whole is asked for`, async () => {
      let round = 0;
      await using site = await startCachedSite((request, response) => {
        round += 1;
        const headers = { ...fresh, 'content-range': 'bytes 5-9/10', ...wrong };
        if (round === 2) response.writeHead(status, headers).end(body);
        else ranged().answer(request, response);
      });
      await ask(site, 'bytes=0-4');
      assert.deepEqual((await ask(site, null)).told, [200, digits, undefined, 'fwd=partial']);
      assert.equal(site.origin.requests, 3);
    });
  }

  it('breaks off, and is not kept, where the rest is shorter than it said', async () => {
    let round = 0;
    await using site = await startCachedSite((request, response) => {
      round += 1;
      if (round !== 2) ranged().answer(request, response);
      else {
        response.writeHead(206, { ...fresh, 'content-range': 'bytes 5-9/10' }).write('5');
        setTimeout(() => response.end('6'), 50);
      }
    });
    await ask(site, 'bytes=0-4');
    await assert.rejects(ask(site, null));
    assert.equal((await ask(site, null)).told[1], digits);
  });

  it('is asked for whole where nothing would prove that the rest is of the same', async () => {
    const { asked, answer } = ranged(digits, { 'cache-control': 'max-age=60' });
    await using site = await startCachedSite(answer);
    await ask(site, 'bytes=0-4');
    assert.equal((await ask(site, 'bytes=1-2')).told[3], 'hit');
    assert.deepEqual((await ask(site, null)).told, [200, digits, undefined, 'fwd=uri-miss']);
    assert.deepEqual(asked, ['bytes=0-4', undefined]);
  });
});
