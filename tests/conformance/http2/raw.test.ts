import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { eventually } from '../../support/eventually.ts';
import { askHttp2, openHttp2 } from '../../support/http2-client.ts';
import {
  END_HEADERS,
  END_STREAM,
  block,
  frames,
  RawHttp2,
  request,
} from '../../support/raw-http2.ts';
import {
  type RecordingOrigin,
  startRecordingOrigin,
  withoutAdded,
} from '../../support/recording-origin.ts';
import { type Secured, secured } from '../../support/secured-site.ts';
import type { SiteWorker } from '../../support/site-worker.ts';

let origin: RecordingOrigin;
let setting: Secured;
let site: SiteWorker;

before(async () => {
  origin = await startRecordingOrigin();
  setting = await secured(origin.port);
  site = await setting.start();
});

after(async () => {
  await site[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

const open = (): Promise<RawHttp2> => RawHttp2.open(site.httpsPort, setting.authority.ca);

/** After whatever somebody did, others are served. */
async function othersAreServed(): Promise<void> {
  const session = await openHttp2(site.httpsPort, setting.authority.ca);
  assert.equal((await askHttp2(session, { ':path': '/' })).status, 200);
  session.destroy();
}

type Fields = readonly (readonly [string, string])[];

describe('a head in HTTP/2 that no head in HTTP/1.1 may be reaches no service', () => {
  const cases: readonly [string, Fields][] = [
    ['a name in capital letters', request({ 'X-A': 'b' })],
    ['a method with a request in it', request({ ':method': 'GET / HTTP/1.1\r\nx: y' })],
    ['a path with a request in it', request({ ':path': '/ HTTP/1.1\r\nx: y' })],
    ['an authority with a line in it', request({ ':authority': 'a\r\nx: y' })],
    ['a scheme with a line in it', request({ ':scheme': 'https\r\nx: y' })],
    ['an empty path', request({ ':path': '' })],
    ['no path', request({ ':path': null })],
    ['no method', request({ ':method': null })],
    ['no scheme', request({ ':scheme': null })],
    ['an absolute form as path', request({ ':path': 'http://site.example/' })],
    ['a space in its path', request({ ':path': '/a b' })],
    ['a user in its authority', request({ ':authority': 'a@site.example' })],
    ['no host at all', request({ ':authority': null })],
    ['a path twice', [...request(), [':path', '/b']]],
    ['an authority twice', [...request(), [':authority', 'b.example']]],
    ['a pseudo field behind fields', [['x-a', 'b'], ...request()]],
    ['an unknown pseudo field', request({ ':x': 'y' })],
    ['a status', request({ ':status': '200' })],
    ['two Hosts', [...request({ ':authority': null }), ['host', 'a'], ['host', 'a']]],
    ['another Host', request({ host: 'b.example' })],
    ['Connection', request({ connection: 'close' })],
    ['Keep-Alive', request({ 'keep-alive': 'timeout=5' })],
    ['Proxy-Connection', request({ 'proxy-connection': 'keep-alive' })],
    ['Transfer-Encoding', request({ 'transfer-encoding': 'chunked' })],
    ['Upgrade', request({ upgrade: 'websocket' })],
    ['TE that says more than trailers', request({ te: 'gzip' })],
    ['a length without a body', request({ ':method': 'POST', 'content-length': '5' })],
    ['two lengths', [...request(), ['content-length', '0'], ['content-length', '0']]],
    ['a length that is none', request({ 'content-length': '+0' })],
    ['CONNECT', request({ ':method': 'CONNECT', ':scheme': null, ':path': null })],
    ['CONNECT for WebSocket', request({ ':method': 'CONNECT', ':protocol': 'websocket' })],
    ['h2c', request({ upgrade: 'h2c', 'http2-settings': 'AAMAAABk' })],
  ];
  for (const [what, fields] of cases) {
    it(what, async () => {
      origin.recorded = [];
      const client = (await open()).ask(1, fields);
      await eventually('it is answered, reset or ended', () => {
        const ended = client.of(1, frames.headers) ?? client.of(1, frames.rstStream);
        return ended ?? client.of(0, frames.goAway) ?? client.ended;
      });
      await eventually('nothing is under way', () => site.worker.stats().inFlight === 0);
      assert.deepEqual(origin.recorded, []);
      assert.deepEqual(origin.faults, []);
      client.socket.destroy();
    });
  }

  it('a body that is longer or shorter than its length', async () => {
    for (const body of ['four', 'sixsix']) {
      origin.recorded = [];
      const head = request({ ':method': 'POST', 'content-length': '5' });
      const client = (await open()).ask(1, head, 0);
      client.send(frames.data, END_STREAM, 1, Buffer.from(body));
      await eventually('it is reset', () => client.of(1, frames.rstStream) ?? client.ended);
      assert.deepEqual(origin.recorded, []);
      client.socket.destroy();
    }
  });
});

describe('a field in HTTP/2 that no field in HTTP/1.1 may be', () => {
  const cases: readonly [string, Fields][] = [
    ['a line break in a value', request({ 'x-a': 'b\r\nx-injected: c' })],
    ['a lone CR in a value', request({ 'x-a': 'b\rc' })],
    ['a NUL in a value', request({ 'x-a': 'b\0c' })],
    ['a control byte in a value', request({ 'x-a': 'b\u0001c' })],
    ['white space ahead of a value', request({ 'x-a': ' b' })],
    ['white space behind a value', request({ 'x-a': 'b\t' })],
    ['a name with a line break', request({ 'x\r\na': 'b' })],
    ['a name with a colon', request({ 'x:a': 'b' })],
    ['a name with a space', request({ 'x a': 'b' })],
    ['an empty name', request({ '': 'b' })],
  ];
  for (const [what, fields] of cases) {
    it(`is left out, ${what}`, async () => {
      origin.recorded = [];
      const client = (await open()).ask(1, fields);
      await eventually('it is answered', () => client.of(1, frames.headers));
      assert.deepEqual(origin.faults, []);
      const seen = origin.recorded.map(({ raw }) => withoutAdded(raw)).join('');
      assert.match(seen, /^(?:GET \/ HTTP\/1\.1\r\nhost: site\.example\r\n\r\n)?$/);
      client.socket.destroy();
    });
  }
});

describe('a client of HTTP/2 that wears us out is sent away, and others are served', () => {
  /** Does it over and over until the connection has ended or was told to. */
  async function wears(
    times: number,
    act: (client: RawHttp2, time: number) => void,
  ): Promise<void> {
    const client = await open();
    for (let time = 0; time < times && client.ended === null; time += 1) {
      act(client, time);
      if (time % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually('it is told', () => client.of(0, frames.goAway) ?? client.ended);
    await eventually('it is gone', () => client.ended);
    await eventually('nothing is under way', () => site.worker.stats().inFlight === 0);
    await othersAreServed();
  }

  it('by streams that it opens and resets at once', () =>
    wears(5_000, (client, time) => {
      const stream = 2 * time + 1;
      client.ask(stream, request()).send(frames.rstStream, 0, stream, Buffer.of(0, 0, 0, 8));
    }));

  it('by pings', () => wears(20_000, (client) => client.send(frames.ping, 0, 0, Buffer.alloc(8))));

  it('by settings', () => wears(20_000, (client) => client.send(frames.settings, 0, 0)));

  it('by a head that goes on and on', () =>
    wears(20_000, (client, time) => {
      const part = block([['x-a', 'b'.repeat(100)]]);
      if (time === 0) client.send(frames.headers, END_STREAM, 1, block(request()));
      else client.send(frames.continuation, 0, 1, part);
    }));

  it('by a head that goes on in frames of nothing', () =>
    wears(20_000, (client, time) => {
      if (time === 0) client.send(frames.headers, END_STREAM, 1, block(request()));
      else client.send(frames.continuation, 0, 1);
    }));

  it('by malformed requests', () =>
    wears(5_000, (client, time) => client.ask(2 * time + 1, request({ 'X-A': 'b' }))));

  it('by something that is no HTTP/2', async () => {
    const client = await open();
    client.socket.write('GET / HTTP/1.1\r\nHost: site.example\r\n\r\n'.repeat(10));
    await eventually('it is gone', () => client.ended);
    assert.deepEqual(origin.faults, []);
    await othersAreServed();
  });
});

describe('bounds in HTTP/2', () => {
  it('a head that is too large reaches no service', async () => {
    origin.recorded = [];
    const client = await open();
    const payload = block(request({ ':path': '/large', 'x-a': 'b'.repeat(20_000) }));
    client.send(frames.headers, END_STREAM, 1, payload.subarray(0, 16_000));
    client.send(frames.continuation, END_HEADERS, 1, payload.subarray(16_000));
    await eventually('it is answered, reset or ended', () => {
      const ended = client.of(1, frames.headers) ?? client.of(1, frames.rstStream);
      return ended ?? client.of(0, frames.goAway) ?? client.ended;
    });
    const heard = origin.recorded.filter(({ request: { target } }) => target === '/large');
    assert.deepEqual(heard, []);
    client.socket.destroy();
  });

  it('more streams at once than are allowed are refused', async () => {
    const client = await open();
    for (let stream = 1; stream < 2 * 130; stream += 2) {
      client.ask(stream, request({ ':method': 'POST' }), 0);
    }
    await eventually(
      'some are refused',
      () => client.got.filter(({ type }) => type === frames.rstStream).length >= 30,
    );
    assert.ok(site.worker.stats().inFlight <= 100);
    client.socket.destroy();
    await eventually('all are given up', () => site.worker.stats().inFlight === 0);
  });

  it('a connection that asks for nothing is ended', async () => {
    await using hasty = await setting.start({ headMs: 200, idleMs: 200 });
    const client = await RawHttp2.open(hasty.httpsPort, setting.authority.ca);
    await eventually('it is told', () => client.of(0, frames.goAway));
    await eventually('it is gone', () => client.ended);
  });

  it('a head that never ends is ended', async () => {
    await using hasty = await setting.start({ headMs: 200, idleMs: 200 });
    const client = await RawHttp2.open(hasty.httpsPort, setting.authority.ca);
    client.send(frames.headers, END_STREAM, 1, block(request()));
    await eventually('it is gone', () => client.ended);
  });

  it('a body that never ends is ended', async () => {
    await using hasty = await setting.start({ headMs: 300, requestMs: 300 });
    const client = await RawHttp2.open(hasty.httpsPort, setting.authority.ca);
    client.ask(1, request({ ':method': 'POST' }), 0);
    await eventually('it is reset', () => client.of(1, frames.rstStream));
    await eventually('nothing is under way', () => hasty.worker.stats().inFlight === 0);
    client.socket.destroy();
  });
});
