import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { eventually } from '../../../../tests/support/eventually.ts';
import {
  giveTo,
  isDown,
  isWell,
  type QueueSite,
  startQueueSite,
} from '../../../../tests/support/queue-site.ts';

const gift = { email: 'ada@example.org', cents: 500 };

/** Until its fate is decided; what the page of the write says then. */
async function fateOf(site: QueueSite, queued: Response): Promise<Response> {
  const path = queued.headers.get('location') ?? '';
  return eventually('it is decided', async () => {
    const answer = await fetch(`${site.url}${path}`);
    return answer.status === 202 ? null : answer;
  });
}

describe('a write whose service is well', () => {
  test('has a key from its first attempt on, and goes through', async () => {
    await using site = await startQueueSite();
    const answer = await giveTo(site.url, gift);
    assert.equal(answer.status, 201);
    assert.match(String(site.seen[0]?.headers['idempotency-key']), /^"[A-Za-z0-9_-]{22}"$/);
    assert.equal(site.seen[0]?.body, JSON.stringify(gift));
  });

  test('keeps the key that its client gave it', async () => {
    await using site = await startQueueSite();
    await giveTo(site.url, gift, { 'idempotency-key': '"my \\"key\\""' });
    assert.equal(site.seen[0]?.headers['idempotency-key'], '"my \\"key\\""');
  });

  test('is refused with a key that cannot be read, and with two', async () => {
    await using site = await startQueueSite();
    const answer = await giveTo(site.url, gift, { 'idempotency-key': 'a key, another' });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /idempotency-key-invalid/);
    assert.equal(site.seen.length, 0);
  });

  test('is refused beyond the limit of its body', async () => {
    await using site = await startQueueSite({}, { bodyBytes: 100 });
    const answer = await giveTo(site.url, { ...gift, text: 'x'.repeat(200) });
    assert.equal(answer.status, 413);
    assert.equal(site.seen.length, 0);
  });
});

describe('a write whose service is down', () => {
  test('is kept, carried out later, and tells its real answer without cookies', async () => {
    await using site = await startQueueSite();
    site.answer(isDown);
    const queued = await giveTo(site.url, gift, { prefer: 'respond-async', cookie: 'a=1' });
    assert.equal(queued.status, 202);
    assert.equal(queued.headers.get('cache-control'), 'no-store');
    assert.equal(queued.headers.get('retry-after'), '5');
    assert.equal(queued.headers.get('preference-applied'), 'respond-async');
    const told = (await queued.json()) as { status: string; statusUrl: string };
    assert.equal(told.status, 'queued');
    assert.match(told.statusUrl, /^\/\.well-known\/turnout\/writes\/[A-Za-z0-9_-]{43}$/);
    const waiting = await fetch(`${site.url}${told.statusUrl}`);
    assert.deepEqual([waiting.status, waiting.headers.get('retry-after')], [202, '5']);
    site.answer(isWell);
    const fate = await fateOf(site, queued);
    assert.equal(fate.status, 201);
    assert.deepEqual(await fate.json(), { taken: JSON.stringify(gift) });
    assert.equal(fate.headers.get('x-own'), 'yes');
    assert.equal(fate.headers.get('set-cookie'), null);
    assert.equal(fate.headers.get('cache-control'), 'no-store');
    const keys = new Set(site.seen.map(({ headers }) => headers['idempotency-key']));
    assert.equal(keys.size, 1);
    const { headers } = site.seen.at(-1) ?? assert.fail();
    assert.ok(Number(headers['turnout-replay']) >= 1);
    assert.equal(headers.cookie, undefined);
    assert.equal(headers.prefer, undefined);
  });

  test('lies on the disk sealed: neither what it says nor who', async () => {
    await using site = await startQueueSite();
    site.answer(isDown);
    assert.equal((await giveTo(site.url, gift)).status, 202);
    const writes = join(site.folder, 'writes');
    for (const name of readdirSync(writes, { recursive: true, encoding: 'utf8' })) {
      const file = join(writes, name);
      if (!statSync(file).isFile()) continue;
      assert.ok(!readFileSync(file).includes('ada@example.org'), name);
    }
  });

  test('is the same write when the client tries again with its key', async () => {
    await using site = await startQueueSite();
    site.answer(isDown);
    const key = { 'idempotency-key': '"one"' };
    const first = await giveTo(site.url, gift, key);
    const second = await giveTo(site.url, gift, key);
    assert.equal(second.headers.get('location'), first.headers.get('location'));
    assert.equal((await site.writes.stats()).depth, 1);
    const other = await giveTo(site.url, { ...gift, cents: 1 }, key);
    assert.notEqual(other.headers.get('location'), first.headers.get('location'));
  });

  test('goes behind others of its order, and other orders go on', async () => {
    await using site = await startQueueSite({
      replay: { credential: null, perSecond: 1, page: null },
    });
    site.answer(isDown);
    await giveTo(site.url, { ...gift, n: 1 });
    site.answer(({ body }, res) => {
      const isFirst = body.includes('"n":1');
      res.writeHead(isFirst ? 503 : 201);
      res.end();
    });
    const behind = await giveTo(site.url, { ...gift, n: 2 });
    assert.equal(behind.status, 202);
    assert.equal((await giveTo(site.url, { email: 'grace@example.org' })).status, 201);
    site.answer(isWell);
    assert.equal((await fateOf(site, behind)).status, 201);
    const order = site.seen.filter(({ body }) => body.includes('ada')).map(({ body }) => body);
    const last = order.slice(-2).map((body) => (JSON.parse(body) as { n: number }).n);
    assert.deepEqual(last, [1, 2]);
  });

  test('without `once` is not kept where it may have taken effect', async () => {
    await using site = await startQueueSite({ once: false });
    site.answer(isDown);
    const answer = await giveTo(site.url, gift);
    assert.equal(answer.status, 504);
    assert.match(await answer.text(), /outcome-unknown-failed/);
    assert.equal((await site.writes.stats()).depth, 0);
  });

  test('that does not say what its order is kept by is not kept', async () => {
    await using site = await startQueueSite();
    site.answer(isDown);
    assert.equal((await giveTo(site.url, { cents: 5 })).status, 503);
  });

  test('of an HTML form is answered with a page, or with the one that is declared', async () => {
    const form = (url: string): Promise<Response> =>
      fetch(`${url}/gifts`, {
        method: 'POST',
        redirect: 'manual',
        headers: { accept: 'text/html,*/*' },
        body: new URLSearchParams(gift as unknown as Record<string, string>),
      });
    {
      await using site = await startQueueSite();
      site.answer(isDown);
      const answer = await form(site.url);
      assert.equal(answer.status, 202);
      assert.match(await answer.text(), /Kept for later/);
    }
    const replay = { credential: null, perSecond: 100, page: '/donate/kept' };
    await using site = await startQueueSite({ replay });
    site.answer(isDown);
    const answer = await form(site.url);
    assert.equal(answer.status, 303);
    assert.match(answer.headers.get('location') ?? '', /^\/donate\/kept#\/\.well-known\/turnout\//);
  });
});

describe('two callers with one key', () => {
  const credential = { credential: 'x-api-key', perSecond: 100, page: null };

  test('mean two writes, at the first attempt and at the replay', async () => {
    await using site = await startQueueSite({ replay: credential });
    const key = { 'idempotency-key': '"1"' };
    await giveTo(site.url, gift, { ...key, 'x-api-key': 'a' });
    await giveTo(site.url, gift, { ...key, 'x-api-key': 'b' });
    const [a, b] = site.seen.map(({ headers }) => headers['idempotency-key']);
    assert.notEqual(a, b);
    site.answer(isDown);
    const queued = await giveTo(site.url, gift, { ...key, 'x-api-key': 'a' });
    site.answer(isWell);
    await fateOf(site, queued);
    assert.equal(site.seen.at(-1)?.headers['idempotency-key'], a);
    assert.equal(site.seen.at(-1)?.headers['x-api-key'], 'a');
  });

  test('who is not known is not kept: the replay would be refused', async () => {
    await using site = await startQueueSite({ replay: credential });
    site.answer(isDown);
    assert.equal((await giveTo(site.url, gift)).status, 503);
  });
});

describe('a write that is refused when it is carried out', () => {
  test('is set aside, told to its client, and said in the journal', async () => {
    await using site = await startQueueSite();
    site.answer(isDown);
    const queued = await giveTo(site.url, gift);
    site.answer((_, res) => {
      res.writeHead(422, { 'content-type': 'application/problem+json' });
      res.end(JSON.stringify({ title: 'Too small', detail: 'ada gave 1 cent' }));
    });
    const fate = await fateOf(site, queued);
    assert.equal(fate.status, 422);
    assert.match(await fate.text(), /write-refused/);
    const [letter] = await site.writes.deadLetters();
    assert.equal(letter?.reason, 'refused: 422 Too small');
    const [entry] = await eventually('it is told', async () => {
      const entries = await site.journal.range({ kind: 'write.dead' });
      return entries.length === 0 ? null : entries;
    });
    assert.equal(entry?.subject, 'origin.give');
  });

  test('and is sent again when an operator says so', async () => {
    await using site = await startQueueSite();
    site.answer(isDown);
    const queued = await giveTo(site.url, gift);
    site.answer((_, res) => {
      res.writeHead(422);
      res.end();
    });
    assert.equal((await fateOf(site, queued)).status, 422);
    site.answer(isWell);
    const [letter] = await site.writes.deadLetters();
    await site.writes.requeue(letter?.id ?? '', { forMs: 60_000 });
    await eventually('it is done', async () => (await fateOf(site, queued)).status === 201);
  });
});

test('nobody comes to a write by guessing', async () => {
  await using site = await startQueueSite();
  const path = '/.well-known/turnout/writes/';
  for (const token of ['', 'x', 'a'.repeat(43), 'a%20b', 'a'.repeat(5_000)]) {
    const answer = await fetch(`${site.url}${path}${token}`);
    assert.equal(answer.status, 404, token.slice(0, 50));
    assert.equal(answer.headers.get('cache-control'), 'no-store');
  }
  const put = await fetch(`${site.url}${path}${'a'.repeat(43)}`, { method: 'PUT' });
  assert.equal(put.status, 405);
});
