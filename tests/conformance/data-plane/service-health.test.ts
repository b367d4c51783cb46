import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { after, before, describe, it } from 'node:test';
import type { FeaturePolicy } from '../../../src/derive/policies/policies.ts';
import { parseFeatureHealth } from '../../../src/contract/feature-health.ts';
import { startCachedSite } from '../../support/cached-site.ts';
import { askHttp2, openHttp2 } from '../../support/http2-client.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { rawGet } from '../../support/raw-get.ts';
import { converse, RawClient, startRawOrigin } from '../../support/raw-http.ts';
import { secured } from '../../support/secured-site.ts';
import {
  plainConfiguration,
  readyEndpoint,
  type SiteWorker,
  startSiteWorker,
} from '../../support/site-worker.ts';

const totals: FeaturePolicy = {
  feature: 'origin.totals',
  tier: 'core',
  once: false,
  cache: { kind: 'origin' },
  missingMs: null,
  query: null,
  needs: ['db'],
  ladder: [],
};

const full = 'feature="origin.totals", tier=core, rung=full';
const failed = 'feature="origin.totals", tier=core, rung=failed';

/** Says what it must not, in every place where it could. */
const service: RequestListener = (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://origin');
  response.setHeader('Service-Health', 'db=down, feature="forged.one"');
  response.setHeader('X-Got', request.headers['service-health'] ?? 'nothing');
  if (pathname === '/kept') {
    response.setHeader('Cache-Control', 'max-age=60, stale-if-error=60');
    response.setHeader('ETag', '"1"');
  }
  if (pathname === '/early')
    response.writeEarlyHints({ link: '</a>', 'Service-Health': 'db=down' });
  if (pathname === '/trailed') {
    response.setHeader('Trailer', 'Service-Health, X-Sum');
    response.write('a');
    response.addTrailers({ 'Service-Health': 'db=down', 'X-Sum': '1' });
  }
  if (pathname === '/broken') response.statusCode = 503;
  if (pathname === '/missing') response.statusCode = 404;
  response.end('0123456789');
};

const routes = [
  { feature: 'origin.totals', path: '/**' },
  { feature: 'nobody.home', service: 'nobody', path: '/nobody/**', depth: 1 },
];

describe('every answer to a route says how its feature stands', () => {
  let origin: Awaited<ReturnType<typeof startOrigin>>;
  let site: SiteWorker;
  let base: string;
  before(async () => {
    origin = await startOrigin(service);
    const plain = plainConfiguration(routes);
    const policies = { ...plain.policies, features: [totals] };
    const endpoints = { origin: [readyEndpoint('one', origin.port)] };
    site = await startSiteWorker({ ...plain, policies }, endpoints);
    base = `http://127.0.0.1:${site.port}`;
  });
  after(async () => {
    await site[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
  });
  const health = async (
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<readonly [number, string | undefined]> => {
    const answer = await rawGet(base, path, headers, method);
    return [answer.status, answer.headers['service-health']];
  };

  it('from the service, by every method', async () => {
    assert.deepEqual(await health('/a'), [200, full]);
    assert.deepEqual(await health('/a', {}, 'HEAD'), [200, full]);
    assert.deepEqual(await health('/a', {}, 'POST'), [200, full]);
    assert.deepEqual(await health('/missing'), [404, full]);
  });

  it('from the cache: whole, its head, a part of it, and that it has not changed', async () => {
    await health('/kept');
    const kept = await rawGet(base, '/kept');
    assert.match(kept.headers['cache-status'] ?? '', /^turnout; hit/);
    assert.equal(kept.headers['service-health'], full);
    assert.deepEqual(await health('/kept', {}, 'HEAD'), [200, full]);
    assert.deepEqual(await health('/kept', { range: 'bytes=2-4' }), [206, full]);
    assert.deepEqual(await health('/kept', { 'if-none-match': '"1"' }), [304, full]);
    assert.deepEqual(await health('/kept', { range: 'bytes=99-' }), [416, full]);
  });

  it('where it failed, by its own word or by ours', async () => {
    assert.deepEqual(await health('/broken'), [503, failed]);
    assert.deepEqual(await health('/nobody/a'), [
      503,
      'feature="nobody.home", tier=important, rung=failed',
    ]);
  });

  it('also where the fault is the client’s', async () => {
    const large = `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n`;
    const { text } = await converse(site.port, large, (said) => said.endsWith('}\n'));
    assert.match(text, /^HTTP\/1\.1 413 /);
    assert.ok(text.toLowerCase().includes(`\r\nservice-health: ${full}\r\n`), text);
  });

  it('and is silent where no feature was asked', async () => {
    assert.deepEqual(await health('*', {}, 'OPTIONS'), [204, undefined]);
    const { text } = await converse(
      site.port,
      'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
      (said) => said.endsWith('}\n'),
    );
    assert.match(text, /^HTTP\/1\.1 400 /);
    assert.doesNotMatch(text, /service-health/i);
  });

  it('once, and in our words: neither the service nor the client speaks for us', async () => {
    const answer = await rawGet(base, '/a', { 'service-health': 'db=down' });
    assert.equal(answer.headers['service-health'], full);
    assert.equal(answer.headers['x-got'], 'nothing');
    const client = new RawClient(site.port).send('GET /early HTTP/1.1\r\nHost: a\r\n\r\n');
    const early = await client.until((said) => said.endsWith('0123456789'));
    client.destroy();
    assert.match(early.text, /^HTTP\/1\.1 103 /);
    assert.equal(early.text.match(/service-health: /gi)?.length, 1);
    const trailed = await converse(
      site.port,
      'GET /trailed HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n',
      (said) => /x-sum: 1\r\n\r\n$/i.test(said),
    );
    assert.equal(trailed.text.match(/service-health: /gi)?.length, 1);
  });

  it('by RFC 9651, as its reader has it', async () => {
    const [, value] = await health('/a');
    const read = { feature: 'origin.totals', tier: 'core', rung: 'full', ageS: null };
    assert.deepEqual(parseFeatureHealth(value), read);
  });

  it('where an error of its service is kept, as long as that is kept', async () => {
    await using cached = await startCachedSite((_, response) => {
      response.writeHead(503, { 'cache-control': 'max-age=60' }).end('resting');
    });
    await cached.ask('/');
    const { did, headers } = await cached.ask('/');
    const said = 'feature="origin.all", tier=important, rung=failed';
    assert.deepEqual([did, headers['service-health']], ['hit', said]);
    const only = await cached.ask('/other', { headers: { 'cache-control': 'only-if-cached' } });
    const well = 'feature="origin.all", tier=important, rung=full';
    assert.deepEqual([only.status, only.headers['service-health']], [504, well]);
  });

  it('where the cache stands in for an error, with the age of what it gives', async () => {
    let isFailing = false;
    await using cached = await startCachedSite((_, response) => {
      if (isFailing) response.statusCode = 503;
      else
        response
          .setHeader('Cache-Control', 'max-age=60, stale-if-error=600')
          .setHeader('Age', '61');
      response.end('as it was');
    });
    await cached.ask('/old');
    isFailing = true;
    const answer = await cached.ask('/old');
    assert.equal(answer.status, 200);
    assert.match(
      String(answer.headers['service-health']),
      /^feature="origin\.all", tier=important, rung=stale;age=6\d$/,
    );
  });
});

describe('in other protocols', () => {
  it('HTTP/2 says the same', async () => {
    await using origin = await startOrigin(service);
    const tls = await secured(origin.port);
    await using site = await tls.start();
    const session = await openHttp2(site.httpsPort, tls.authority.ca);
    const answer = await askHttp2(session, { ':path': '/a', 'service-health': 'db=down' });
    session.destroy();
    assert.equal(
      answer.headers['service-health'],
      'feature="origin.all", tier=important, rung=full',
    );
    assert.equal(answer.headers['x-got'], 'nothing');
  });

  it('a page of another origin may read it, and when to ask again', async () => {
    await using origin = await startOrigin(service);
    const cors = {
      origins: ['https://page.example'],
      methods: ['GET'],
      headers: [],
      expose: ['X-Got', 'Retry-After'],
      credentials: false,
      maxAgeMs: 1_000,
    };
    const configuration = plainConfiguration([{ cors }]);
    await using site = await startSiteWorker(configuration, {
      origin: [readyEndpoint('one', origin.port)],
    });
    const asked = { origin: 'https://page.example' };
    const { headers } = await rawGet(`http://127.0.0.1:${site.port}`, '/a', asked);
    assert.equal(
      headers['access-control-expose-headers'],
      'X-Got, Retry-After, service-health, age, location',
    );
    assert.equal(headers['service-health'], 'feature="origin.all", tier=important, rung=full');
  });

  it('a socket that is switched to another protocol says it with the 101', async () => {
    await using origin = await startRawOrigin((socket, heard) => {
      if (!heard.endsWith('\r\n\r\n')) return;
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          'Service-Health: db=down\r\n\r\nhello',
      );
    });
    await using site = await startSiteWorker(
      plainConfiguration([{}], { origins: { origin: [`http://127.0.0.1:${origin.port}`] } }),
    );
    const upgrade =
      'GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
    const { text } = await converse(site.port, upgrade, (said) => said.endsWith('hello'));
    assert.match(text, /^HTTP\/1\.1 101 /);
    assert.equal(text.match(/service-health: /gi)?.length, 1);
    assert.match(text, /\r\nservice-health: feature="origin\.all", tier=important, rung=full\r\n/i);
  });
});
