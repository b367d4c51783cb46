import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startOrigin } from '../../support/http-origin.ts';
import { failing, startLadderedSite } from '../../support/laddered-site.ts';

describe('each rung answers in its own way', () => {
  it('static: the file that the manifest names, as what it is, and kept by nobody', async () => {
    const file = 'services/shop/total.json';
    await using site = await startLadderedSite(
      { otherwise: [`static ${file}`] },
      { files: { [file]: '{"raised":null}' } },
    );
    site.answerBy(failing());
    const answer = await site.ask('/total');
    assert.deepEqual([answer.status, answer.body], [200, '{"raised":null}']);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.equal(answer.headers['cache-control'], 'no-store');
    const head = await site.ask('/total', { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers['content-length']], [200, '15']);
    const post = await site.ask('/total', { method: 'POST', body: 'a' });
    assert.deepEqual([post.status, post.body], [503, 'it failed'], 'only reads have a snapshot');
  });

  it('closed: a problem to programs, a page to browsers, and when to come back', async () => {
    await using site = await startLadderedSite({ otherwise: ['closed'] });
    site.answerBy(failing());
    const waits = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const { headers, body, status } = await site.ask('/');
      assert.equal(status, 503);
      assert.equal(JSON.parse(body).code, 'feature-closed');
      assert.equal(headers['content-type'], 'application/problem+json');
      assert.equal(headers['cache-control'], 'no-store');
      const wait = Number(headers['retry-after']);
      assert.ok(wait >= 5 && wait <= 15);
      waits.add(String(wait));
    }
    assert.ok(waits.size > 1, 'all would come back at once');
    const browser = await site.ask('/', { headers: { accept: 'text/html,*/*;q=0.8' } });
    assert.equal(browser.headers['content-type'], 'text/html; charset=utf-8');
    assert.match(browser.body, /^<!doctype html>[^]*<h1>This is closed for the moment/);
    const head = await site.ask('/', { method: 'HEAD' });
    assert.deepEqual([head.status, head.body], [503, '']);
  });

  it('redirect: elsewhere, and a write is shown a page and not sent again', async () => {
    await using site = await startLadderedSite({ otherwise: ['redirect /sorry'] });
    site.answerBy(failing());
    const read = await site.ask('/');
    assert.deepEqual([read.status, read.headers['location']], [302, '/sorry']);
    assert.equal(read.headers['cache-control'], 'no-store');
    const write = await site.ask('/', { method: 'POST', body: 'a' });
    assert.deepEqual([write.status, write.headers['location']], [303, '/sorry']);
  });

  it('region: the site elsewhere answers, by the path that the client asked for', async () => {
    await using there = await startOrigin((req, res) => void res.end(`there ${req.url}`));
    const regions = [{ region: 'west', origin: `http://127.0.0.1:${there.port}` }];
    await using site = await startLadderedSite(
      { otherwise: ['region west', 'closed'] },
      { regions },
    );
    site.answerBy(failing());
    const answer = await site.ask('/total?of=all');
    assert.deepEqual([answer.status, answer.body], [200, 'there /total?of=all']);
    const write = await site.ask('/', { method: 'POST', body: 'a' });
    assert.equal(write.status, 503, 'what has a body is not sent on');
    await there[Symbol.asyncDispose]();
    assert.match((await site.ask('/')).body, /feature-closed/);
  });

  it('queue: where nothing can be queued, the next rung', async () => {
    await using site = await startLadderedSite({ otherwise: ['queue 1h by body.email', 'closed'] });
    site.answerBy(failing());
    const write = await site.ask('/', { method: 'POST', body: 'a' });
    assert.match(write.body, /feature-closed/);
  });

  it('only for the methods that it names', async () => {
    await using site = await startLadderedSite({
      otherwise: ['redirect /sorry for GET', 'closed for POST'],
    });
    site.answerBy(failing());
    assert.equal((await site.ask('/')).status, 302);
    assert.match((await site.ask('/', { method: 'POST', body: 'a' })).body, /feature-closed/);
    assert.equal((await site.ask('/', { method: 'DELETE' })).body, 'it failed');
  });
});

describe('the need that failed chooses the rungs', () => {
  it('its own, those of the whole need for a role of it, and else otherwise', async () => {
    await using site = await startLadderedSite(
      {
        'db.primary': ['redirect /primary'],
        db: ['redirect /db'],
        otherwise: ['redirect /otherwise'],
      },
      { needs: ['db', 'db.replica', 'processor'] },
    );
    const chosen = async (lost: string | null, path: string): Promise<unknown> => {
      site.answerBy(failing(503, lost));
      return (await site.ask(path, { method: 'POST' })).headers['location'];
    };
    assert.equal(await chosen(null, '/1'), '/otherwise');
    assert.equal(await chosen('unknown', '/2'), '/otherwise');
    assert.equal(await chosen('processor', '/3'), '/otherwise');
  });

  for (const [lost, where] of [
    ['db.primary', '/primary'],
    ['db', '/db'],
    ['db.replica', '/db'],
  ]) {
    it(`${lost} is lost`, async () => {
      await using site = await startLadderedSite(
        { 'db.primary': ['redirect /primary'], db: ['redirect /db'], otherwise: ['closed'] },
        { needs: ['db', 'db.replica'] },
      );
      site.answerBy(failing(503, lost));
      assert.equal((await site.ask('/')).headers['location'], where);
    });
  }
});

describe('nothing that a rung says hides what is so', () => {
  it('a write whose outcome nobody knows is told so', async () => {
    await using site = await startLadderedSite({ otherwise: ['closed'] });
    site.answerBy((req) => req.socket.destroy());
    const answer = await site.ask('/', { method: 'POST', body: 'a' });
    assert.equal(JSON.parse(answer.body).code, 'outcome-unknown');
  });

  it('also where its service says so by 504; by 503 it says that nothing was done', async () => {
    await using site = await startLadderedSite({ otherwise: ['closed'] });
    site.answerBy(failing(504));
    const unknown = await site.ask('/', { method: 'POST', body: 'a' });
    assert.deepEqual([unknown.status, unknown.body], [504, 'it failed']);
    site.answerBy(failing(503));
    const closed = await site.ask('/', { method: 'POST', body: 'a' });
    assert.equal(JSON.parse(closed.body).code, 'feature-closed');
  });

  it('a body that has begun is cut, and never replaced or made to look whole', async () => {
    await using site = await startLadderedSite({ otherwise: ['stale 1h', 'closed'] });
    await site.ask('/');
    site.answerBy((_req, res) => {
      res.writeHead(200, { 'content-length': '100000' });
      res.write('x'.repeat(50_000));
      setTimeout(() => res.destroy(), 50);
    });
    await assert.rejects(site.ask('/'));
    site.answerBy(failing());
    const after = await site.ask('/');
    assert.equal(after.body, 'well', 'what was cut is no last good answer');
  });
});
