import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { eventually } from '../../tests/support/eventually.ts';
import { drop } from './drop.ts';
import { fetchFrom } from './fetch-from.ts';
import { NeedLostError } from './need-lost-error.ts';
import { needReports } from './need-reports.ts';
import { requestContext } from './request-context.ts';

describe('a call to a need', () => {
  let partner: Server;
  let seen: IncomingMessage[] = [];
  let held: (() => void)[] = [];

  before(async () => {
    partner = createServer((incoming, outgoing) => {
      seen.push(incoming);
      if (incoming.url?.endsWith('/slow') === true) held.push(() => void outgoing.end());
      else if (incoming.url?.endsWith('/cut') === true) outgoing.destroy();
      else if (incoming.url?.endsWith('/700') === true) outgoing.writeHead(700).end('odd');
      else if (incoming.url?.endsWith('/500') === true) outgoing.writeHead(500).end('sorry');
      else incoming.pipe(outgoing);
    });
    await new Promise<void>((resolve) => partner.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    for (const release of held) release();
    await drop();
    partner.closeAllConnections();
    partner.close();
  });
  beforeEach(async () => {
    await drop();
    seen = [];
    const { port } = partner.address() as AddressInfo;
    process.env['NEED_PARTNER_URL'] = `http://127.0.0.1:${port}/v1`;
    delete process.env['NEED_PARTNER_VIA'];
    process.env['TURNOUT_POLICY'] = JSON.stringify({
      version: 1,
      health: '/health',
      needs: [{ need: 'partner', kind: 'http', timeoutMs: 1_500, inFlight: 2, reads: [] }],
    });
  });
  const lost = (reason: RegExp) => (error: unknown) =>
    error instanceof NeedLostError && error.need === 'partner' && reason.test(error.reason);

  test('goes below its URL, with the query, the method and the body', async () => {
    const answer = await fetchFrom('partner', '/places?zip=1', { method: 'POST', body: 'where?' });
    assert.equal(await answer.text(), 'where?');
    assert.deepEqual([seen[0]?.method, seen[0]?.url], ['POST', '/v1/places?zip=1']);
  });

  test('never leaves its need, whatever the path says', async () => {
    await fetchFrom('partner', '//elsewhere.example/x');
    await fetchFrom('partner', 'http://elsewhere.example/x');
    const paths = seen.map(({ url }) => url);
    assert.deepEqual(paths, ['/v1//elsewhere.example/x', '/v1/http://elsewhere.example/x']);
  });

  test('refuses a path whose dots lead out of its URL', async () => {
    for (const path of ['../admin', '/a/../../admin', '%2e%2e/admin', '..\\admin', '..']) {
      await assert.rejects(fetchFrom('partner', path), /a path leaves the URL of partner/, path);
    }
    await fetchFrom('partner', 'a/../b?next=../c');
    assert.deepEqual(
      seen.map(({ url }) => url),
      ['/v1/b?next=../c'],
    );
  });

  test('sends user and password of its URL as a header, and names them nowhere', async () => {
    const { host } = new URL(process.env['NEED_PARTNER_URL'] ?? '');
    process.env['NEED_PARTNER_URL'] = `http://ada:s%40cret@${host}/v1`;
    await fetchFrom('partner', '/');
    const basic = `Basic ${Buffer.from('ada:s@cret').toString('base64')}`;
    assert.equal(seen[0]?.headers.authorization, basic);
    await fetchFrom('partner', '/', { headers: { authorization: 'Bearer own' } });
    assert.equal(seen[1]?.headers.authorization, 'Bearer own');
    await drop();
    process.env['NEED_PARTNER_URL'] = 'http://ada:s%40cret@:x/';
    await assert.rejects(fetchFrom('partner', '/'), (error: unknown) => {
      assert.match(String(error), /NEED_PARTNER_URL is not a URL/);
      assert.doesNotMatch(inspect(error, { depth: 9 }), /cret/);
      return true;
    });
  });

  test('passes request id and trace of the request under way on', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const context = { requestId: 'r-7', traceparent, tracestate: null };
    await requestContext.run(context, () => fetchFrom('partner', '/'));
    assert.equal(seen[0]?.headers['x-request-id'], 'r-7');
    assert.equal(seen[0]?.headers['traceparent'], traceparent);
  });

  test('gives an answer that can be handed on: nothing of its connection is in it', async () => {
    const answer = await fetchFrom('partner', '/', { method: 'POST', body: 'x' });
    for (const name of ['connection', 'keep-alive', 'transfer-encoding']) {
      assert.equal(answer.headers.get(name), null, name);
    }
    assert.equal(await answer.text(), 'x');
  });

  test('takes every status for an answer', async () => {
    assert.equal((await fetchFrom('partner', '/500')).status, 500);
    assert.deepEqual(needReports.current(), { down: [] });
  });

  test('fails for a status that is none, and counts such a call once', async () => {
    for (let call = 0; call < 3; call += 1) {
      await assert.rejects(fetchFrom('partner', '/700'), lost(/status 700/));
    }
    const slow = [1, 2, 3, 4].map(() => fetchFrom('partner', '/slow'));
    const reasons = (await Promise.allSettled(slow)).map((call) =>
      call.status === 'rejected' ? (call.reason as NeedLostError).reason : 'answered',
    );
    const full = 'too many in flight';
    assert.deepEqual(reasons.slice(2), [full, full]);
    assert.deepEqual(reasons.slice(0, 2), ['no answer in 1500 ms', 'no answer in 1500 ms']);
    needReports.up('partner');
  });

  test('keeps to its bound and its deadline while bodies are read', async () => {
    const never = () => new ReadableStream<Uint8Array<ArrayBuffer>>();
    const post = () =>
      fetchFrom('partner', '/', { method: 'POST', body: never(), duplex: 'half' } as RequestInit);
    const both = [post(), post()].map((call) => assert.rejects(call, lost(/no answer in 1500 ms/)));
    await assert.rejects(post(), lost(/too many in flight/));
    await Promise.all(both);
    assert.deepEqual(needReports.current(), { down: [] });
    assert.equal(seen.length, 0);
  });

  test('refuses a body beyond its bound', async () => {
    const body = Buffer.alloc(16 * 1024 * 1024 + 1);
    await assert.rejects(fetchFrom('partner', '/', { method: 'POST', body }), /more than 16777216/);
    assert.equal(seen.length, 0);
  });

  test('fails at its deadline, and says so until it succeeds again', async () => {
    await assert.rejects(fetchFrom('partner', '/slow'), lost(/no answer in 1500 ms/));
    assert.deepEqual(needReports.current(), { down: ['partner'] });
    await fetchFrom('partner', '/');
    assert.deepEqual(needReports.current(), { down: [] });
  });

  test('fails when the connection breaks or nobody is there', async () => {
    await assert.rejects(fetchFrom('partner', '/cut'), lost(/ECONNRESET/));
    await drop();
    process.env['NEED_PARTNER_URL'] = 'http://127.0.0.1:9/';
    await assert.rejects(fetchFrom('partner', '/'), lost(/ECONNREFUSED/));
    needReports.up('partner');
  });

  test('refuses at once what goes beyond the calls in flight', async () => {
    const calls = [fetchFrom('partner', '/slow'), fetchFrom('partner', '/slow')];
    const both = Promise.allSettled(calls);
    await assert.rejects(fetchFrom('partner', '/'), lost(/too many in flight/));
    await both;
    await eventually('there is room again', () =>
      fetchFrom('partner', '/').then(
        () => true,
        () => false,
      ),
    );
  });

  test('connects to a link and keeps the name of the URL', async () => {
    const { port } = partner.address() as AddressInfo;
    process.env['NEED_PARTNER_URL'] = 'http://partner.example/v1';
    process.env['NEED_PARTNER_VIA'] = `127.0.0.1:${port}`;
    assert.equal((await fetchFrom('partner', '/places')).status, 200);
    assert.equal(seen[0]?.headers.host, 'partner.example');
  });

  test('ends with the wish of its caller, and that is no failure of the need', async () => {
    const stop = new AbortController();
    const call = fetchFrom('partner', '/slow', { signal: stop.signal });
    stop.abort(new Error('not wanted any more'));
    await assert.rejects(call, /not wanted/);
    assert.deepEqual(needReports.current(), { down: [] });
  });

  test('says that nothing names a need', async () => {
    await assert.rejects(fetchFrom('stranger', '/'), /nothing says where stranger is/);
  });
});
