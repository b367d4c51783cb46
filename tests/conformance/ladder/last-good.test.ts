import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PURGES_PREFIX, purgeName } from '../../../src/contract/keys.ts';
import { eventually } from '../../support/eventually.ts';
import { failing, startLadderedSite } from '../../support/laddered-site.ts';

const ladder = { otherwise: ['stale 1h', 'closed'] };

describe('a feature that fails gives its last good answer again', () => {
  it('with its age and headers, and says where it comes from and why', async () => {
    await using site = await startLadderedSite(ladder);
    site.answerBy((_req, res) => {
      res.writeHead(200, { 'content-type': 'application/json', etag: '"one"' });
      res.end('{"raised":7}');
    });
    await site.ask('/total');
    site.answerBy(failing());
    const stale = await site.ask('/total');
    assert.equal(stale.status, 200);
    assert.equal(stale.body, '{"raised":7}');
    assert.equal(stale.headers['content-type'], 'application/json');
    assert.match(stale.headers['age'] ?? '', /^[01]$/);
    assert.match(
      String(stale.headers['cache-status']),
      /^turnout; hit; ttl=-?\d+; detail=last-good$/,
    );
    assert.equal(stale.headers['proxy-status'], 'turnout; received-status=503');
    const head = await site.ask('/total', { method: 'HEAD' });
    assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '12']);
    const held = await site.ask('/total', { headers: { 'if-none-match': '"one"' } });
    assert.equal(held.status, 304);
    const part = await site.ask('/total', { headers: { range: 'bytes=0-1' } });
    assert.deepEqual([part.status, part.body], [206, '{"']);
  });

  it('however it failed: nobody there, a connection lost, an answer too late', async () => {
    await using site = await startLadderedSite(ladder, { deadlineMs: 200 });
    await site.ask('/');
    site.answerBy((req) => req.socket.destroy());
    const lost = await site.ask('/');
    assert.deepEqual([lost.status, lost.body], [200, 'well']);
    assert.match(String(lost.headers['proxy-status']), /error=connection_terminated/);
    site.answerBy(() => undefined);
    const late = await site.ask('/');
    assert.deepEqual([late.status, late.body], [200, 'well']);
    assert.match(String(late.headers['proxy-status']), /error=connection_read_timeout/);
    await site.origin[Symbol.asyncDispose]();
    const gone = await site.ask('/');
    assert.deepEqual([gone.status, gone.body], [200, 'well']);
    assert.match(String(gone.headers['proxy-status']), /error=connection_refused/);
  });

  it('never where it was refused: a 4xx is an answer, and so is a 500 as a rule', async () => {
    await using site = await startLadderedSite(ladder);
    await site.ask('/');
    for (const status of [400, 404, 429, 500]) {
      site.answerBy(failing(status));
      assert.deepEqual(
        [(await site.ask('/')).status, (await site.ask('/')).body],
        [status, 'it failed'],
      );
    }
  });

  it('by 500 too where that is declared', async () => {
    await using site = await startLadderedSite(ladder, { failsOn: [500] });
    await site.ask('/');
    site.answerBy(failing(500));
    assert.equal((await site.ask('/')).body, 'well');
  });

  it('after a restart of the worker too', async () => {
    const site = await startLadderedSite(ladder);
    site.answerBy((_req, res) => void res.end('from before'));
    await site.ask('/');
    const { folder } = site.site;
    await site[Symbol.asyncDispose]();
    await using again = await startLadderedSite(ladder, { folder });
    again.answerBy(failing());
    await eventually('it is found again', async () => (await again.ask('/')).status === 200);
    const stale = await again.ask('/');
    assert.equal(stale.body, 'from before');
    assert.match(String(stale.headers['cache-status']), /detail=last-good/);
  });

  it('to whom it fits: by address, by what it varies by', async () => {
    await using site = await startLadderedSite(ladder);
    site.answerBy((req, res) => {
      res.writeHead(200, { vary: 'accept-language' });
      res.end(`in ${req.headers['accept-language'] ?? ''}`);
    });
    await site.ask('/', { headers: { 'accept-language': 'cy' } });
    site.answerBy(failing());
    const welsh = await site.ask('/', { headers: { 'accept-language': 'cy' } });
    assert.equal(welsh.body, 'in cy');
    assert.equal((await site.ask('/', { headers: { 'accept-language': 'en' } })).status, 503);
    assert.equal((await site.ask('/?page=2')).status, 503);
  });

  it('takes the next rung where the last good answer is too old, or there is none', async () => {
    await using site = await startLadderedSite({ otherwise: ['stale 10ms', 'closed'] });
    await site.ask('/');
    site.answerBy(failing());
    assert.equal((await site.ask('/never')).status, 503);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal((await site.ask('/')).status, 503);
  });
});

describe('what is for one is never given to another', () => {
  const bearer = { authorization: 'Bearer ada' };
  const cookie = { cookie: 'session=ada' };
  const cases: readonly (readonly [string, Record<string, string>, Record<string, string>])[] = [
    ['a private answer', { 'cache-control': 'private, max-age=60' }, {}],
    ['one that must not be stored', { 'cache-control': 'no-store' }, {}],
    ['one with a cookie', { 'set-cookie': 'session=ada', 'cache-control': 'public' }, {}],
    ['one that was asked for with credentials', {}, bearer],
    ['the same with a lifetime', { 'cache-control': 's-maxage=60' }, bearer],
    ['one that was asked for with a cookie', {}, cookie],
    ['one that must be asked about', { 'cache-control': 'no-cache', etag: '"a"' }, {}],
    ['one that must be asked about when old', { 'cache-control': 'must-revalidate' }, {}],
    ['the same for proxies', { 'cache-control': 'max-age=0, proxy-revalidate' }, {}],
    ['one that varies by everything', { vary: '*' }, {}],
    [
      'a private one that other words allow to caches like ours',
      { 'cache-control': 'private', 'cdn-cache-control': 'max-age=60' },
      {},
    ],
  ];
  for (const [what, headers, asked] of cases) {
    it(`${what} is not kept`, async () => {
      await using site = await startLadderedSite(ladder, { cache: { kind: 'none' } });
      site.answerBy((_req, res) => void res.writeHead(200, headers).end('for Ada'));
      assert.equal((await site.ask('/', { headers: asked })).body, 'for Ada');
      site.answerBy(failing());
      for (const again of [asked, {}]) {
        assert.equal((await site.ask('/', { headers: again })).status, 503);
      }
    });
  }

  it('one that says it is public is kept, whoever asked for it', async () => {
    await using site = await startLadderedSite(ladder, { cache: { kind: 'none' } });
    site.answerBy((_req, res) => {
      res.writeHead(200, { 'cache-control': 'public, max-age=0' }).end('for all');
    });
    await site.ask('/', { headers: { ...bearer, ...cookie } });
    site.answerBy(failing());
    assert.equal((await site.ask('/')).body, 'for all');
  });

  it('a purge takes it out of here too', async () => {
    await using site = await startLadderedSite(ladder);
    await site.ask('/');
    site.answerBy(failing());
    assert.equal((await site.ask('/')).status, 200);
    const key = `${PURGES_PREFIX}${purgeName(Date.now(), 'a')}`;
    await site.site.state.put(key, { what: { kind: 'all' }, isSoft: false });
    await eventually('it is gone', async () => (await site.ask('/')).status === 503);
  });
});
