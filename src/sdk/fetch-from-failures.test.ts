import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { drop } from './drop.ts';
import { fetchFrom } from './fetch-from.ts';
import { NeedLostError } from './need-lost-error.ts';
import { needReports } from './need-reports.ts';

const head = 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n';

/** What the partner does with a request, by the last part of its path. */
const manners: Readonly<Record<string, (socket: Socket) => void>> = {
  silent: () => undefined,
  cut: (socket) => void socket.destroy(),
  'half-a-body': (socket) => void socket.write(`${head}half`),
  'cut-body': (socket) => void socket.write(`${head}half`, () => socket.resetAndDestroy()),
  whole: (socket) => void socket.write(`${head}all of it`),
};

describe('a call that fails', () => {
  let partner: Server;
  let received = '';
  const sockets = new Set<Socket>();

  before(async () => {
    partner = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        received += data.toString('latin1');
        const manner = /^\w+ \/([\w-]+) /m.exec(data.toString('latin1'))?.[1] ?? '';
        manners[manner]?.(socket);
      });
    });
    await new Promise<void>((resolve) => partner.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    await drop();
    for (const socket of sockets) socket.destroy();
    partner.close();
  });
  beforeEach(async () => {
    await drop();
    received = '';
    needReports.up('partner');
    const { port } = partner.address() as AddressInfo;
    process.env['NEED_PARTNER_URL'] = `http://127.0.0.1:${port}/`;
    process.env['TURNOUT_POLICY'] = JSON.stringify({
      version: 1,
      health: '/health',
      needs: [{ need: 'partner', kind: 'http', timeoutMs: 400, inFlight: 2, reads: [] }],
    });
  });
  const lost = (outcome: string) => (error: unknown) =>
    error instanceof NeedLostError && error.need === 'partner' && error.outcome === outcome;

  test('may have been done once its request was sent, if it changes anything', async () => {
    for (const path of ['/silent', '/cut']) {
      for (const method of ['POST', 'PATCH', 'PUT', 'DELETE']) {
        await assert.rejects(fetchFrom('partner', path, { method }), lost('unknown'), method);
      }
      await assert.rejects(fetchFrom('partner', path), lost('nothing-done'));
    }
  });

  test('was not done when there was nobody to send it to', async () => {
    process.env['NEED_PARTNER_URL'] = 'http://127.0.0.1:9/';
    await assert.rejects(fetchFrom('partner', '/', { method: 'POST' }), lost('nothing-done'));
  });

  test('is a lost need too where only the body of the answer breaks off', async () => {
    for (const path of ['/half-a-body', '/cut-body']) {
      needReports.up('partner');
      const answer = await fetchFrom('partner', path);
      await assert.rejects(answer.text(), lost('nothing-done'));
      assert.deepEqual(needReports.current(), { down: ['partner'] });
      const sent = await fetchFrom('partner', path, { method: 'POST', body: 'x' });
      await assert.rejects(sent.json(), lost('unknown'));
    }
  });

  test('by the wish of its caller in the middle of a body is no failure of the need', async () => {
    const stop = new AbortController();
    const answer = await fetchFrom('partner', '/half-a-body', { signal: stop.signal });
    const text = answer.text();
    stop.abort(new Error('not wanted any more'));
    await assert.rejects(text, /not wanted/);
    const second = await fetchFrom('partner', '/half-a-body');
    await second.body?.cancel();
    assert.deepEqual(needReports.current(), { down: [] });
  });

  test('has the length of its body, so that no part of the next one is taken for it', async () => {
    const headers = { 'content-length': '40', 'transfer-encoding': 'chunked' };
    const answer = await fetchFrom('partner', '/whole', { method: 'DELETE', headers });
    assert.equal(await answer.text(), 'all of it');
    assert.doesNotMatch(received, /content-length: 40|transfer-encoding/i);
    await (await fetchFrom('partner', '/whole', { method: 'POST', headers, body: 'four' })).text();
    assert.match(received, /content-length: 4\r\n/i);
  });
});
