import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { get } from 'node:http';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCachedSite } from '../../support/cached-site.ts';

const fresh = { 'cache-control': 'max-age=60' };
const digits = '0123456789';

describe('a kept body', () => {
  it('answers HEAD with its headers and length, and is not replaced by one', async () => {
    await using site = await startCachedSite((_, response) => {
      response.writeHead(200, fresh).end(digits);
    });
    assert.equal((await site.ask('/', { method: 'HEAD' })).did, 'fwd=uri-miss');
    assert.equal((await site.ask('/')).body, digits);
    const head = await site.ask('/', { method: 'HEAD' });
    assert.deepEqual([head.did, head.body, head.headers['content-length']], ['hit', '', '10']);
    assert.equal((await site.ask('/')).did, 'hit');
  });

  const ranges: readonly (readonly [string, number, string, string | undefined])[] = [
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=8-', 206, '89', 'bytes 8-9/10'],
    ['bytes=4-99', 206, '456789', 'bytes 4-9/10'],
    ['bytes=0-1,5-6', 206, '0123456', 'bytes 0-6/10'],
    ['lines=0-1', 200, digits, undefined],
  ];
  for (const [range, status, body, contentRange] of ranges) {
    it(`answers ${range} with ${status}`, async () => {
      await using site = await startCachedSite((_, response) => {
        response.writeHead(200, { ...fresh, etag: '"v1"' }).end(digits);
      });
      await site.ask('/');
      const answer = await site.ask('/', { headers: { range } });
      assert.deepEqual(
        [answer.status, answer.body, answer.headers['content-range']],
        [status, body, contentRange],
      );
      const held = await site.ask('/', { headers: { range, 'if-range': '"v1"' } });
      assert.equal(held.status, status);
      const other = await site.ask('/', { headers: { range, 'if-range': '"v2"' } });
      assert.deepEqual([other.status, other.body], [200, digits]);
      assert.equal(site.origin.requests, 1);
    });
  }

  it('says how long it is where a range lies beyond it', async () => {
    await using site = await startCachedSite((_, response) => {
      response.writeHead(200, fresh).end(digits);
    });
    await site.ask('/');
    const { status, headers } = await site.ask('/', { headers: { range: 'bytes=99-' } });
    assert.deepEqual([status, headers['content-range']], [416, 'bytes */10']);
  });

  it('is never a part: 206 is not taken for the whole', async () => {
    await using site = await startCachedSite((request, response) => {
      const isPart = request.headers.range !== undefined;
      const headers = isPart ? { ...fresh, 'content-range': 'bytes 0-3/10' } : fresh;
      response.writeHead(isPart ? 206 : 200, headers).end(isPart ? '0123' : digits);
    });
    const part = await site.ask('/', { headers: { range: 'bytes=0-3' } });
    assert.deepEqual([part.status, part.body], [206, '0123']);
    assert.equal((await site.ask('/')).body, digits);
  });

  it('that was cut off is cut off for its readers, and not kept', async () => {
    await using site = await startCachedSite(async (_, response) => {
      response.writeHead(200, { ...fresh, 'content-length': 100_000 });
      response.write('x'.repeat(50_000));
      if (site.origin.requests > 1) response.end('x'.repeat(50_000));
      else {
        await sleep(50);
        response.destroy();
      }
    });
    await Promise.all([assert.rejects(site.ask('/')), assert.rejects(site.ask('/'))]);
    assert.equal((await site.ask('/')).body.length, 100_000);
  });

  it('too long to be kept passes through whole, to a slow reader as to a fast one', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'turnout');
    const chunks = 64;
    const whole = createHash('sha256');
    for (let n = 0; n < chunks; n += 1) whole.update(chunk);
    const wanted = whole.digest('hex');
    await using site = await startCachedSite(
      async (_, response) => {
        response.writeHead(200, fresh);
        for (let n = 0; n < chunks; n += 1) {
          if (!response.write(chunk)) await new Promise((done) => response.once('drain', done));
        }
        response.end();
      },
      { limits: { cacheBytes: 1024 * 1024 } },
    );
    const { port } = site.site;
    const read = (pauseMs: number): Promise<string> =>
      new Promise((resolve, reject) => {
        get({ port, path: '/', headers: { host: 'site.example' } }, async (response) => {
          const hash = createHash('sha256');
          try {
            for await (const part of response) {
              hash.update(part as Buffer);
              if (pauseMs > 0) await sleep(pauseMs);
            }
            resolve(hash.digest('hex'));
          } catch (error) {
            reject(error as Error);
          }
        }).once('error', reject);
      });
    assert.deepEqual(await Promise.all([read(0), read(2), read(0)]), [wanted, wanted, wanted]);
    assert.notEqual((await site.ask('/')).did, 'hit');
  });

  it('makes room for others: what is kept stays within its bound', async () => {
    await using site = await startCachedSite(
      (_, response) => void response.writeHead(200, fresh).end('x'.repeat(10_000)),
      { limits: { cacheBytes: 200_000 } },
    );
    for (let n = 0; n < 60; n += 1) await site.ask(`/${n}`);
    const { cache } = site.site.worker.stats();
    assert.ok(cache.bytes <= 200_000 && cache.answers > 5, JSON.stringify(cache));
  });
});
