import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { HEALTH_REPORTS_PREFIX, type HealthReport } from '../../../src/contract/health-report.ts';
import type { SiteHealth, SiteHealthInFull } from '../../../src/contract/site-health.ts';
import type { FeaturePolicy } from '../../../src/derive/policies/policies.ts';
import { eventually } from '../../support/eventually.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { rawGet, type RawAnswer } from '../../support/raw-get.ts';
import {
  plainConfiguration,
  readyEndpoint,
  type SiteWorker,
  startSiteWorker,
} from '../../support/site-worker.ts';

const token = 'the-token-of-the-operators-of-this-site';
const path = '/.well-known/turnout/health';

const feature = (name: string, tier: FeaturePolicy['tier']): FeaturePolicy => ({
  feature: name,
  tier,
  once: false,
  cache: { kind: 'none' },
  missingMs: null,
  query: null,
  needs: ['db'],
  ladder: [],
});

const hop = '127.0.0.1';

function configuration() {
  const plain = plainConfiguration(
    [
      { feature: 'origin.totals', path: '/totals', depth: 1 },
      { feature: 'origin.donate', path: '/donate', depth: 1 },
      { feature: 'origin.ledger', path: '/ledger', depth: 1, internal: true },
    ],
    { trustedHops: [hop] },
  );
  const db = { need: 'db', kind: 'postgres', target: 'main', timeoutMs: 1, inFlight: 1 } as const;
  return {
    ...plain,
    policies: {
      services: plain.policies.services.map((service) =>
        Object.assign({}, service, { needs: [{ ...db, reads: [] }] }),
      ),
      features: [
        feature('origin.totals', 'important'),
        feature('origin.donate', 'core'),
        feature('origin.ledger', 'core'),
      ],
    },
  };
}

describe('how the site stands', () => {
  let origin: Awaited<ReturnType<typeof startOrigin>>;
  let site: SiteWorker;
  let report = 'ok';
  let status = 200;
  before(async () => {
    origin = await startOrigin((_, response) => {
      response.writeHead(status, { 'Service-Health': report }).end('x');
    });
    const endpoints = { origin: [readyEndpoint('one', origin.port)] };
    site = await startSiteWorker(configuration(), endpoints, {}, null, { token });
  });
  after(async () => {
    await site[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
  });
  const ask = (headers: Record<string, string> = {}, port = site.port, method = 'GET') =>
    rawGet(`http://127.0.0.1:${port}`, path, headers, method);
  const health = async (): Promise<SiteHealth> => read(await ask());
  const inFull = async (): Promise<SiteHealthInFull> =>
    read(await ask({ authorization: `Bearer ${token}` }));
  const use = (where: string) => rawGet(`http://127.0.0.1:${site.port}`, where);

  it('is features and rungs for everyone, and nothing of reasons', async () => {
    const answer = await ask();
    const told = read<SiteHealth>(answer);
    assert.deepEqual(
      told.features.map(({ feature: name, tier, rung }) => `${name} ${tier} ${rung}`),
      ['origin.donate core full', 'origin.totals important full'],
    );
    assert.deepEqual([told.state, told.seenBy, told.workers], ['up', 'site', 1]);
    assert.deepEqual(Object.keys(told), ['state', 'asOf', 'seenBy', 'workers', 'features']);
    assert.deepEqual(Object.keys(told.features[0] ?? {}), ['feature', 'tier', 'rung', 'since']);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.equal(answer.headers['service-health'], undefined);
  });

  it('is a page for who comes with a browser, that may load nothing', async () => {
    const { headers, body } = await ask({ accept: 'text/html,*/*;q=0.8' });
    assert.match(headers['content-type'] ?? '', /^text\/html/);
    assert.match(
      headers['content-security-policy'] ?? '',
      /^default-src 'none'; style-src 'sha256-/,
    );
    assert.match(body.toString(), /<th scope="row">origin\.totals<\/th><td>works<\/td>/);
    assert.doesNotMatch(body.toString(), /ledger/);
  });

  it('tells the site’s own services of all features', async () => {
    const told = read<SiteHealth>(await ask({}, site.internalPort));
    assert.deepEqual(
      told.features.map((each) => each.feature),
      ['origin.donate', 'origin.ledger', 'origin.totals'],
    );
  });

  it('takes GET and HEAD alone', async () => {
    const head = await ask({}, site.port, 'HEAD');
    assert.deepEqual([head.status, head.body.length], [200, 0]);
    const posted = await ask({}, site.port, 'POST');
    assert.deepEqual([posted.status, posted.headers['allow']], [405, 'GET, HEAD']);
  });

  it('takes no token that others may have read on the way', async () => {
    const far = { authorization: `Bearer ${token}`, 'x-forwarded-for': '203.0.113.9' };
    const inClear = await ask(far);
    assert.equal(inClear.status, 403);
    assert.match(inClear.body.toString(), /token-in-clear/);
    const encrypted = await ask({ ...far, 'x-forwarded-proto': 'https' });
    assert.equal(read<SiteHealthInFull>(encrypted).needs.length, 0);
  });

  it('refuses a wrong token, and tells the right one of lost needs while all is 200', async () => {
    const refused = await ask({ authorization: 'Bearer wrong' });
    assert.equal(refused.status, 401);
    assert.match(refused.body.toString(), /token-refused/);
    report = 'db.primary=down, stranger=down';
    assert.equal((await use('/totals')).status, 200);
    await eventually('the lost need is seen', async () =>
      (await inFull()).needs.some(({ state }) => state === 'down'),
    );
    const { needs, state } = await inFull();
    assert.equal(state, 'up');
    assert.deepEqual(
      needs.map((need) => [need.service, need.need, need.state, need.saidBy, need.reporting]),
      [
        ['origin', 'db', 'up', [], 1],
        ['origin', 'db.primary', 'down', [`one 127.0.0.1:${origin.port}`], 1],
      ],
    );
  });

  it('is degraded where a feature is not as promised, down where a core one is gone', async () => {
    status = 503;
    report = 'db=down';
    await use('/totals');
    await eventually('the failure shows', async () => (await health()).state === 'degraded');
    const { features } = await inFull();
    const totals = features.find((each) => each.feature === 'origin.totals');
    assert.deepEqual([totals?.rung, totals?.reason], ['failed', { cause: 'status', need: 'db' }]);
    assert.equal(totals?.failures.status, 1);
    await use('/donate');
    await eventually('the site is down', async () => (await health()).state === 'down');
    status = 200;
    report = 'ok';
    await eventually('it is up again', async () => {
      await Promise.all([use('/totals'), use('/donate')]);
      return (await health()).state === 'up';
    });
  });

  it('is what all workers have seen', async () => {
    const mine = (await site.state.get(`${HEALTH_REPORTS_PREFIX}w1`))?.value as HealthReport;
    assert.equal(mine.worker, 'w1', 'this one tells the others');
    const theirs: HealthReport = {
      ...mine,
      worker: 'w2',
      atMs: Date.now(),
      features: mine.features.map((each) =>
        Object.assign({}, each, { rung: 'stale' as const, sinceMs: 0 }),
      ),
    };
    await site.state.put(`${HEALTH_REPORTS_PREFIX}w2`, theirs);
    await eventually('the other is heard', async () => (await health()).workers === 2);
    const { features, state } = await health();
    assert.equal(state, 'degraded');
    assert.deepEqual(
      features.map(({ rung, since }) => [rung, since]),
      Array.from({ length: 2 }, () => ['stale', '1970-01-01T00:00:00.000Z']),
    );
    await site.state.put(`${HEALTH_REPORTS_PREFIX}w2`, { ...theirs, atMs: Date.now() - 31_000 });
    await eventually('who is silent is not counted', async () => (await health()).workers === 1);
  });

  it('is what this worker has seen where state is away', async () => {
    await site.state.close();
    await eventually('alone', async () => (await health()).seenBy === 'worker');
    const { features, workers } = await health();
    assert.deepEqual([workers, features.length], [1, 2]);
  });
});

function read<T>({ status, headers, body }: RawAnswer): T {
  assert.deepEqual([status, headers['content-type']], [200, 'application/json'], body.toString());
  return JSON.parse(body.toString()) as T;
}
