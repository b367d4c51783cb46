import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEdgeSite } from '../../support/edge-site.ts';

const page = '<!doctype html><title>Bad Taco</title><p>Sólo.';
const pageBytes = Buffer.from(page, 'utf8').toString('latin1');

describe('a rule that responds', () => {
  const yaml = `
turnout: 1
tables: { wall: { kind: cidr, entries: [203.0.113.0/24, "2001:db8::/32"] } }
rules:
  - name: wall
    when: client.address in tables.wall
    respond:
      { status: 819, reason: Bad Taco, page: pages/bad-taco.html, headers: { X-Why: "señal" } }
  - { name: closed, when: 'request.path == "/closed"', respond: 403 }
  - { name: made-up, when: 'request.path == "/made-up"', respond: 799 }
`;
  const files = { 'pages/bad-taco.html': pageBytes };

  it('answers with its status, reason, headers and page, and asks no service', async () => {
    await using site = await startEdgeSite(yaml, { files });
    for (const address of ['203.0.113.7', '2001:db8:1::9']) {
      const answer = await site.ask('/', { address });
      assert.deepEqual([answer.status, answer.reason, answer.body], [819, 'Bad Taco', page]);
      assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
      assert.equal(answer.headers['cache-control'], 'no-store');
      const why = Buffer.from(String(answer.headers['x-why']), 'latin1').toString('utf8');
      assert.equal(why, 'señal');
      assert.match(String(answer.headers['x-request-id']), /./);
    }
    assert.equal(site.origin.requests, 0);
    assert.equal((await site.ask('/', { address: '192.0.2.1' })).status, 200);
    assert.deepEqual([site.stats('wall').hits, site.origin.requests], [2, 1]);
  });

  it('answers HEAD without the page, and uploads that nobody reads', async () => {
    await using site = await startEdgeSite(yaml, { files });
    const head = await site.ask('/', { method: 'HEAD', address: '203.0.113.7' });
    assert.deepEqual([head.status, head.body], [819, '']);
    assert.equal(head.headers['content-length'], String(pageBytes.length));
    const body = 'x'.repeat(300_000);
    const posted = await site.ask('/', { method: 'POST', address: '203.0.113.7', body });
    assert.deepEqual([posted.status, posted.body], [819, page]);
  });

  it('has the usual words for a status that is known, and none for one that is not', async () => {
    await using site = await startEdgeSite(yaml, { files });
    const closed = await site.ask('/closed');
    assert.deepEqual([closed.status, closed.reason, closed.body], [403, 'Forbidden', '']);
    const madeUp = await site.ask('/made-up');
    assert.deepEqual([madeUp.status, madeUp.reason], [799, '']);
  });
});

describe('a rule that redirects', () => {
  it('sends the client elsewhere, once for each request and never from a cache', async () => {
    await using site = await startEdgeSite(`
turnout: 1
tables: { moved: { kind: map, entries: [{ key: /volunteer, value: /act }] } }
rules:
  - { name: moved, when: request.path in tables.moved, redirect: { url: /act, status: 301 } }
`);
    const { status, headers } = await site.ask('/volunteer');
    assert.deepEqual(
      [status, headers.location, headers['cache-control']],
      [301, '/act', 'no-store'],
    );
    assert.equal((await site.ask('/act')).status, 200);
  });
});

describe('a rule that tags', () => {
  const yaml = `
turnout: 1
rules:
  - { name: bots, when: 'request.headers["user-agent"].contains("bot")', tag: bot }
  - { name: all, when: "true", tag: seen }
  - { name: again, when: "true", tag: seen }
`;

  it('tells services each word once, and not what a client says of itself', async () => {
    await using site = await startEdgeSite(yaml);
    const tagsOf = async (headers: Record<string, string>): Promise<unknown> => {
      const answer = await site.ask('/', { headers: { 'turnout-tags': 'friend', ...headers } });
      const told = JSON.parse(answer.body) as { headers: Record<string, string> };
      return told.headers['turnout-tags'];
    };
    assert.equal(await tagsOf({ 'user-agent': 'a bot' }), 'bot, seen');
    assert.equal(await tagsOf({ 'user-agent': 'a browser' }), 'seen');
  });

  it('lets a cache keep one answer for each set of tags', async () => {
    const originHeaders = { 'cache-control': 'max-age=60', vary: 'Turnout-Tags' };
    await using site = await startEdgeSite(yaml, { originHeaders });
    for (const agent of ['a bot', 'a browser', 'a bot', 'a browser']) {
      await site.ask('/', { headers: { 'user-agent': agent } });
    }
    assert.equal(site.origin.requests, 2);
  });

  it('is without a word where no rule hits', async () => {
    await using site = await startEdgeSite(
      'turnout: 1\nrules: [{ name: none, when: \'request.path == "/x"\', tag: x }]',
    );
    const answer = await site.ask('/', { headers: { 'turnout-tags': 'friend' } });
    assert.doesNotMatch(answer.body, /turnout-tags/);
  });
});

describe('a rule that goes past the cache', () => {
  it('asks the service each time, and leaves what is kept to the others', async () => {
    const originHeaders = { 'cache-control': 'max-age=60' };
    await using site = await startEdgeSite(
      `
turnout: 1
rules:
  - { name: preview, when: '"preview" in request.cookies', skip-cache: true }
`,
      { originHeaders },
    );
    const headers = { cookie: 'a=b; preview=1' };
    await site.ask('/');
    await site.ask('/', { headers });
    await site.ask('/', { headers });
    assert.equal(site.origin.requests, 3);
    await site.ask('/');
    assert.equal(site.origin.requests, 3);
  });
});

describe('a rule that passes', () => {
  it('skips the rules that follow, and no others', async () => {
    await using site = await startEdgeSite(`
turnout: 1
rules:
  - { name: first, when: 'request.path == "/first"', respond: 410 }
  - { name: friends, when: 'client.address == "192.0.2.7"', pass: true }
  - { name: last, when: "true", respond: 403 }
`);
    const friend = { address: '192.0.2.7' };
    assert.equal((await site.ask('/', friend)).status, 200);
    assert.equal((await site.ask('/first', friend)).status, 410);
    assert.equal((await site.ask('/')).status, 403);
    assert.deepEqual([site.stats('friends').hits, site.stats('last').hits], [1, 1]);
  });
});

describe('a rule that holds a client', () => {
  const yaml = `
turnout: 1
rules:
  - { name: slow, when: 'request.path.startsWith("/slow")', tarpit: 300ms }
  - { name: after, when: 'request.path == "/slow/closed"', respond: 403 }
`;

  it('keeps it waiting, then tries the rules that follow', async () => {
    await using site = await startEdgeSite(yaml);
    const begunMs = performance.now();
    assert.equal((await site.ask('/slow')).status, 200);
    assert.ok(performance.now() - begunMs >= 300);
    assert.equal((await site.ask('/slow/closed')).status, 403);
    assert.equal(site.site.worker.stats().held, 0);
  });

  it('tries those that follow with the tables as they are then', async () => {
    await using site = await startEdgeSite(`
turnout: 1
tables: { wall: { kind: cidr } }
rules:
  - { name: slow, when: 'request.path == "/slow"', tarpit: 2s }
  - { name: wall, when: client.address in tables.wall, respond: 819 }
`);
    const asked = site.ask('/slow');
    while (site.site.worker.stats().held === 0) await sleep(5);
    const entry = { table: 'wall', key: '192.0.2.1', value: null, isRemoved: false };
    const signed = { author: 'ada', why: null, atMs: 0, expiresMs: null };
    await site.site.state.put('tables/wall/192.0.2.1', { ...entry, ...signed });
    assert.equal((await asked).status, 819);
  });

  it('lets go of one that leaves, and asks no service for it', async () => {
    await using site = await startEdgeSite(yaml.replace('300ms', '10m'));
    const leaving = new AbortController();
    const asked = site.ask('/slow', { signal: leaving.signal });
    while (site.site.worker.stats().held === 0) await sleep(5);
    leaving.abort();
    await assert.rejects(asked);
    // Long before its time is over, or this never ends.
    while (site.site.worker.stats().held > 0) await sleep(5);
    assert.equal(site.origin.requests, 0);
  });
});
