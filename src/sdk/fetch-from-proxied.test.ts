import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { drop } from './drop.ts';
import { fetchFrom } from './fetch-from.ts';
import { healthOf } from './health-of.ts';
import { NeedLostError } from './need-lost-error.ts';

const health = 'feature="partners:partner.calls", tier=core, rung=';

/** What the site answers in front of a partner, by path. */
const answers: Readonly<Record<string, readonly [number, Record<string, string>]>> = {
  '/well': [200, { 'service-health': `${health}full` }],
  '/stale': [200, { 'service-health': `${health}stale;age=7` }],
  '/closed': [
    503,
    { 'proxy-status': 'turnout; error=destination_unavailable; details="feature-closed"' },
  ],
  '/late': [
    504,
    { 'proxy-status': 'turnout; error=connection_timeout; details="deadline-exceeded"' },
  ],
  '/own': [
    503,
    {
      'proxy-status':
        'turnout; error=destination_unavailable; details="x", turnout; received-status=503',
    },
  ],
  '/refused': [413, { 'proxy-status': 'turnout; error=http_request_denied; details="too-large"' }],
};

describe('a call to a partner that the site stands in front of', () => {
  let site: Server;
  const need = { kind: 'http', timeoutMs: 2_000, inFlight: 4, reads: [] };
  before(async () => {
    site = createServer((request, response) => {
      const [status, headers] = answers[request.url ?? ''] ?? [404, {}];
      response.writeHead(status, headers).end('x');
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    const { port } = site.address() as AddressInfo;
    for (const name of ['PARTNER', 'PLAIN']) {
      process.env[`NEED_${name}_URL`] = `http://127.0.0.1:${port}`;
    }
    process.env['TURNOUT_POLICY'] = JSON.stringify({
      version: 1,
      health: '/health',
      needs: [
        { need: 'partner', ...need, isProxied: true },
        { need: 'plain', ...need },
      ],
    });
  });
  after(async () => {
    await drop();
    site.close().closeAllConnections();
  });

  test('is lost where the site could not have it, as without a proxy', async () => {
    for (const [path, why] of [
      ['/closed', 'feature-closed'],
      ['/late', 'deadline-exceeded'],
    ] as const) {
      await assert.rejects(fetchFrom('partner', path), (error: unknown) => {
        assert.ok(error instanceof NeedLostError);
        return error.need === 'partner' && error.reason.includes(why);
      });
    }
    const write = fetchFrom('partner', '/late', { method: 'POST', body: 'a' });
    await assert.rejects(write, { outcome: 'unknown' });
    assert.equal((await fetchFrom('plain', '/closed')).status, 503);
  });

  test('has an answer where the partner itself fails, or the request was wrong', async () => {
    assert.equal((await fetchFrom('partner', '/own')).status, 503);
    assert.equal((await fetchFrom('partner', '/refused')).status, 413);
  });

  test('says how its answer came, for what stands in is an answer too', async () => {
    assert.equal(healthOf(await fetchFrom('partner', '/well'))?.rung, 'full');
    const stale = healthOf(await fetchFrom('partner', '/stale'));
    assert.deepEqual([stale?.rung, stale?.ageS], ['stale', 7]);
    assert.equal(healthOf(new Response('x')), null);
  });
});
