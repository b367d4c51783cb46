import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { PURGES_PREFIX, type Purge, type PurgeTarget } from '../../../src/contract/keys.ts';
import { eventually } from '../../support/eventually.ts';
import { deadPort, startOrigin } from '../../support/http-origin.ts';
import { startPartnerSite } from '../../support/partner-site.ts';

const at = (port: number): string => `http://127.0.0.1:${port}/v2`;
const code = (body: string): unknown => (JSON.parse(body) as { code?: unknown }).code;

describe('what is sent to a partner', () => {
  it('goes below its URL, by its own name, and tells nothing of our clients', async () => {
    const heard: IncomingMessage[] = [];
    await using partner = await startOrigin((request, response) => {
      heard.push(request);
      response.end('found');
    });
    await using site = await startPartnerSite(at(partner.port), '{}');
    const headers = {
      host: 'turnout.example',
      'x-api-key': 'hidden-key',
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
    };
    const answer = await site.ask('/people?zip=57801&of=a%2Fb', { headers });
    assert.deepEqual([answer.status, answer.body], [200, 'found']);
    const [request] = heard;
    assert.equal(request?.url, '/v2/people?zip=57801&of=a%2Fb');
    assert.equal(request?.headers.host, `127.0.0.1:${partner.port}`);
    assert.equal(request?.headers['x-api-key'], 'hidden-key');
    assert.match(String(request?.headers['traceparent']), /^00-/);
    const told = JSON.stringify(request?.rawHeaders);
    assert.ok(!/forwarded|203\.0\.113\.9/i.test(told), told);
    const health = String(answer.headers['service-health']);
    assert.equal(health, 'feature="partners:voter-file.calls", tier=important, rung=full');
    assert.ok(!JSON.stringify(site.site.logged).includes('hidden-key'));
  });

  it('is nothing that comes from outside', async () => {
    await using partner = await startOrigin();
    await using site = await startPartnerSite(at(partner.port), '{}');
    const { port } = site.site;
    const path = '/.turnout/needs/partners/voter-file/people';
    assert.equal((await fetch(`http://127.0.0.1:${port}${path}`)).status, 404);
    const posted = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: 'a' });
    assert.equal(posted.status, 404);
    assert.equal(partner.requests, 0);
  });
});

describe('a partner with a proxy', () => {
  it('is asked once where its answer may be kept', async () => {
    await using partner = await startOrigin();
    await using site = await startPartnerSite(at(partner.port), '{ cache: 1m }');
    for (let n = 0; n < 5; n++) assert.equal((await site.ask('/people?zip=1')).status, 200);
    assert.equal(partner.requests, 1);
    await site.ask('/people?zip=2');
    assert.equal(partner.requests, 2);
  });

  it('has its kept answers taken out by their address, as the site knows it', async () => {
    await using partner = await startOrigin();
    await using site = await startPartnerSite(at(partner.port), '{ cache: 1m }');
    await site.ask('/people?zip=1');
    const path = '/.turnout/needs/partners/voter-file/';
    const what: PurgeTarget = { kind: 'path', path, host: null, isPrefix: true };
    await site.site.state.put(`${PURGES_PREFIX}1`, { what, isSoft: false } satisfies Purge);
    await eventually('it is asked again', async () => {
      await site.ask('/people?zip=1');
      return partner.requests === 2;
    });
  });

  it('is asked anew for each call with credentials, and nothing of them is logged', async () => {
    await using partner = await startOrigin((request, response) => {
      if (request.url?.includes('lost') === true) response.destroy();
      else response.end(request.headers.authorization);
    });
    await using site = await startPartnerSite(
      at(partner.port),
      '{ cache: 1m, ladder: [stale 1h] }',
    );
    const ask = (path: string, key: string) =>
      site.ask(path, { headers: { authorization: `Bearer ${key}` } });
    assert.equal((await ask('/people', 'one-key')).body, 'Bearer one-key');
    assert.equal((await ask('/people', 'other-key')).body, 'Bearer other-key');
    await ask('/lost?token=in-query', 'one-key');
    await ask('/lost?token=in-query', 'one-key');
    const journaled = await site.site.journal.range({ limit: 100 });
    const told = JSON.stringify([site.site.logged, journaled]);
    for (const secret of ['one-key', 'in-query']) assert.ok(!told.includes(secret), secret);
  });

  it('may be slow or fail: what it said before is given, else a rung below', async () => {
    let act: (response: ServerResponse) => void = (response) => void response.end('good');
    await using partner = await startOrigin((_request, response) => act(response));
    const proxy = '{ cache: 1ms, fails-on: [500], ladder: [stale 1h, closed] }';
    await using site = await startPartnerSite(at(partner.port), proxy);
    assert.equal((await site.ask('/people?zip=1')).body, 'good');
    const ways: (typeof act)[] = [
      () => undefined,
      (response) => void response.writeHead(500).end('stack trace'),
      (response) => void response.destroy(),
      (response) => void response.writeHead(503).end('upstream connect error'),
    ];
    for (act of ways) {
      const kept = await site.ask('/people?zip=1');
      assert.deepEqual([kept.status, kept.body], [200, 'good']);
      assert.match(String(kept.headers['service-health']), /rung=stale;age=\d+$/);
      assert.match(String(kept.headers['age']), /^\d+$/);
      const other = await site.ask('/people?zip=2');
      assert.deepEqual([other.status, code(other.body)], [503, 'feature-closed']);
    }
  });

  it('that is dead is soon left alone, and asked again once it is back', async () => {
    const port = await deadPort();
    const proxy = '{ breaker: { volume: 5, open: 300ms }, ladder: [stale 1h] }';
    await using site = await startPartnerSite(at(port), proxy);
    const seen = new Set<unknown>();
    for (let n = 0; n < 12; n++) seen.add(code((await site.ask(`/people?n=${n}`)).body));
    assert.ok(seen.has('circuit-open'), [...seen].join(' '));
    await using partner = await startOrigin(undefined, port);
    await eventually('it is asked again', async () => (await site.ask('/back')).status === 200);
    assert.ok(partner.requests >= 1);
  });

  it('is given as many calls at a time as was agreed; others get the rung at once', async () => {
    let now = 0;
    let most = 0;
    const held: ServerResponse[] = [];
    await using partner = await startOrigin((request, response) => {
      now++;
      most = Math.max(most, now);
      response.once('close', () => now--);
      if (request.url?.includes('hold') === true) held.push(response);
      else response.end('x');
    });
    const proxy = '{ in-flight: 4, ladder: [closed] }';
    await using site = await startPartnerSite(at(partner.port), proxy);
    const wave = async () => {
      const asked = Array.from({ length: 12 }, (_, n) => site.ask(`/hold?n=${n}`));
      await eventually('some wait at the partner', () => held.length > 0);
      await new Promise((resolve) => setTimeout(resolve, 50));
      const waiting = held.splice(0);
      for (const response of waiting) response.end('x');
      return { waiting: waiting.length, answers: await Promise.all(asked) };
    };
    const full = await eventually('the worker has all of the limit', async () => {
      const done = await wave();
      return done.waiting === 4 ? done : null;
    });
    assert.equal(most, 4);
    const statuses = full.answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, 200, 200, 200, ...Array.from({ length: 8 }, () => 503)]);
    assert.equal((await site.ask('/people')).status, 200);
  });

  it('that has moved is asked at its new address', async () => {
    await using before = await startOrigin();
    await using after = await startOrigin();
    await using site = await startPartnerSite(at(before.port), '{ cache: none }');
    assert.match((await site.ask('/a')).body, /GET \/v2\/a/);
    await site.move(`http://127.0.0.1:${after.port}`);
    assert.match((await site.ask('/a')).body, new RegExp(`^${after.port} GET /a `));
    assert.equal(before.requests, 1);
  });
});
