import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import { after, before, describe, it } from 'node:test';

import { askHttp2, openHttp2 } from '../../support/http2-client.ts';
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
let session: ClientHttp2Session;

before(async () => {
  origin = await startRecordingOrigin();
  setting = await secured(origin.port);
  site = await setting.start();
  session = await openHttp2(site.httpsPort, setting.authority.ca);
});

after(async () => {
  session.destroy();
  await site[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

/** What the origin sees of a request, which must be answered 200. */
async function seen(
  ...asking: Parameters<typeof askHttp2> extends [unknown, ...infer Rest] ? Rest : never
): Promise<string> {
  origin.recorded = [];
  const answer = await askHttp2(session, ...asking);
  assert.deepEqual(origin.faults, []);
  assert.equal(answer.status, 200);
  return origin.recorded.map(({ raw }) => withoutAdded(raw)).join('');
}

describe('a request in HTTP/2 reaches a service in HTTP/1.1', () => {
  it('with its authority as Host and its path normalised', async () => {
    const head = 'GET /c?d=e HTTP/1.1\r\nhost: site.example\r\nx-a: b\r\n\r\n';
    assert.equal(await seen({ ':path': '/a/../c?d=e', 'x-a': 'b' }), head);
    const { request } = origin.recorded[0] ?? assert.fail('nothing was recorded');
    const added = Object.fromEntries(request.fields);
    assert.equal(added['via'], '2 turnout');
    assert.equal(added['x-forwarded-proto'], 'https');
    assert.equal(added['x-forwarded-for'], '127.0.0.1');
  });

  it('with Host where there is no authority', async () => {
    const headers = { ':path': '/', ':authority': undefined, host: 'b.example' };
    assert.match(await seen(headers), /^GET \/ HTTP\/1\.1\r\nhost: b\.example\r\n\r\n$/);
  });

  it('with the crumbs of its cookie as one', async () => {
    const headers = { ':path': '/', cookie: ['a=1', 'b=2', 'c=3'] };
    assert.match(await seen(headers), /\r\ncookie: a=1; b=2; c=3\r\n/);
  });

  it('with a body of said length', async () => {
    const got = await seen({ ':path': '/', ':method': 'POST', 'content-length': '5' }, 'hello');
    assert.match(got, /\r\ncontent-length: 5\r\n\r\nhello$/);
  });

  it('with a body in chunks where no length is said, and its trailers', async () => {
    const trailers = { 'x-sum': '1', host: 'injected', 'x-turnout-a': 'injected' };
    const got = await seen({ ':path': '/', ':method': 'POST' }, 'hello', trailers);
    assert.match(got, /\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n$/);
  });

  it('with a large body, as fast as the service takes it', async () => {
    const body = 'x'.repeat(1024 * 1024);
    const length = String(body.length);
    const got = await seen({ ':path': '/', ':method': 'PUT', 'content-length': length }, body);
    assert.ok(got.endsWith(body));
  });

  it('without what only a trusted hop or Turnout may say', async () => {
    const got = await seen({ ':path': '/', 'x-forwarded-for': '10.0.0.1', 'service-health': 'x' });
    assert.equal(got, 'GET / HTTP/1.1\r\nhost: site.example\r\n\r\n');
  });

  it('never as WebSocket, whatever it says', async () => {
    const head = { ':path': '/', 'sec-websocket-version': '13' };
    assert.doesNotMatch(await seen(head), /upgrade/i);
  });
});

describe('a request in HTTP/2 is refused', () => {
  const cases: readonly [string, Record<string, string>, number][] = [
    ['with another Host than its authority', { host: 'b.example' }, 400],
    ['with a list as its authority', { ':authority': 'a.example,b.example' }, 400],
    ['with another scheme than its connection', { ':scheme': 'http' }, 421],
    ['with a fragment', { ':path': '/a#b' }, 400],
    ['out of the root', { ':path': '/../a' }, 400],
    ['with a path that is too long', { ':path': `/${'a'.repeat(8_200)}` }, 414],
    ['with a method that nobody knows', { ':method': 'SMUGGLE' }, 501],
    ['with TRACE', { ':method': 'TRACE' }, 501],
    ['with an expectation that nobody knows', { expect: 'miracles' }, 417],
  ];
  for (const [how, headers, status] of cases) {
    it(how, async () => {
      origin.recorded = [];
      const answer = await askHttp2(session, { ':path': '/', ...headers });
      assert.equal(answer.status, status);
      assert.equal(answer.headers['content-type'], 'application/problem+json');
      assert.deepEqual(origin.recorded, []);
      assert.equal((await askHttp2(session, { ':path': '/' })).status, 200);
    });
  }
});
