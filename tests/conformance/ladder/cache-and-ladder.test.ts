import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { failing, startLadderedSite } from '../../support/laddered-site.ts';

const ladder = { otherwise: ['stale 1h', 'closed'] };

describe('a failure comes through the cache to the ladder', () => {
  it('even where it could be kept: it is not', async () => {
    await using site = await startLadderedSite({ otherwise: ['closed'] });
    site.answerBy((_req, res) => void res.writeHead(503, { 'cache-control': 'max-age=60' }).end());
    assert.match((await site.ask('/')).body, /feature-closed/);
    assert.match((await site.ask('/')).body, /feature-closed/);
    assert.equal(site.origin.requests, 2);
    site.answerBy((_req, res) => void res.end('well'));
    assert.equal((await site.ask('/')).body, 'well');
  });

  it('to each of many who wait for the same', async () => {
    await using site = await startLadderedSite(ladder, { cache: { kind: 'for', forMs: 50 } });
    site.answerBy((_req, res) => void res.end('good'));
    await site.ask('/');
    let answered = 0;
    site.answerBy((req, res) => {
      answered++;
      setTimeout(() => failing()(req, res), 100);
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    const answers = await Promise.all(Array.from({ length: 20 }, () => site.ask('/')));
    for (const { status, body, headers } of answers) {
      assert.deepEqual([status, body], [200, 'good']);
      assert.match(String(headers['cache-status']), /detail=last-good/);
    }
    assert.equal(answered, 1, 'they asked together');
  });

  it('and its words to each of them, where no rung answers', async () => {
    await using site = await startLadderedSite(
      { otherwise: ['read-only'] },
      { cache: { kind: 'for', forMs: 60_000 } },
    );
    site.answerBy((_req, res) => {
      res.writeHead(503, { 'content-type': 'text/plain' });
      res.write('part one, ');
      setTimeout(() => res.end('part two'), 50);
    });
    const answers = await Promise.all(Array.from({ length: 5 }, () => site.ask('/')));
    for (const { status, body } of answers) {
      assert.deepEqual([status, body], [503, 'part one, part two']);
    }
  });
});

describe('what the origin allows goes before what the ladder says', () => {
  const kept = (control: string) => ({
    cache: { kind: 'origin' } as const,
    listener: (_req: IncomingMessage, res: ServerResponse) =>
      void res.writeHead(200, { 'cache-control': control }).end('kept'),
  });

  it('stale-if-error answers from the cache', async () => {
    const { cache, listener } = kept('max-age=0, stale-if-error=60');
    await using site = await startLadderedSite({ otherwise: ['closed'] }, { cache });
    site.answerBy(listener);
    await site.ask('/');
    site.answerBy(failing());
    const answer = await site.ask('/');
    assert.deepEqual([answer.status, answer.body], [200, 'kept']);
    assert.match(String(answer.headers['cache-status']), /fwd=stale; fwd-status=503/);
  });

  it('without it, the ladder decides how old an answer may be', async () => {
    const { cache, listener } = kept('max-age=0, stale-while-revalidate=0');
    await using site = await startLadderedSite({ otherwise: ['closed'] }, { cache });
    site.answerBy((req, res) => {
      res.setHeader('etag', '"a"');
      listener(req, res);
    });
    await site.ask('/');
    await site.origin[Symbol.asyncDispose]();
    assert.match((await site.ask('/')).body, /feature-closed/);
  });

  it('a fresh answer of the cache is no business of the ladder', async () => {
    const { cache, listener } = kept('max-age=60');
    await using site = await startLadderedSite({ otherwise: ['closed'] }, { cache });
    site.answerBy(listener);
    await site.ask('/');
    await site.origin[Symbol.asyncDispose]();
    const answer = await site.ask('/');
    assert.deepEqual([answer.body, answer.did], ['kept', 'hit']);
  });
});
