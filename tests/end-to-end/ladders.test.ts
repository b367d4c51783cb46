import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { SNAPSHOTS_PREFIX } from '../../src/contract/snapshots.ts';
import { openSitePorts } from '../../src/profiles/embedded.ts';
import { eventually } from '../support/eventually.ts';
import { startOrigin, type Origin } from '../support/http-origin.ts';
import { rawGet, type RawAnswer } from '../support/raw-get.ts';
import { createSite, type TestSite } from '../support/site-harness.ts';

/**
 * A site of real processes whose one service tells a total that it asks a partner for. The partner
 * is lost, then the service is killed whole: totals go stale, then static; and back again.
 */
let site: TestSite;
let partner: Origin | null = null;
let partnerPort = 0;

before(async () => {
  partner = await startOrigin((_req, res) => void res.end('{"raised":7}'));
  partnerPort = partner.port;
  site = await createSite({
    'site.yaml': `turnout: 1
site: shop
what: A site for tests whose totals come from a partner.
services: [services/*]
listen: { workers: 1 }
`,
    'services/totals/service.yaml': `turnout: 1
service: totals
what: Tells what was raised.
build: { entry: server.ts }
run: { command: node server.js }
health: { path: /health, every: 100ms, start: 5s }
scale: { min: 1, max: 1 }
needs: { partner: { http: 'http://127.0.0.1:${partnerPort}', timeout: 1s } }
features:
  total:
    tier: important
    routes: [GET /total]
    needs: [partner]
    ladder: [stale 8s, static fallbacks/total.json]
`,
    'services/totals/fallbacks/total.json': '{"raised":null}',
    'services/totals/server.ts': `import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
// As a release that cannot start.
if (existsSync('SITE/crash')) process.exit(3);
createServer(async (request, response) => {
  if (request.url === '/health') return response.end();
  try {
    const headers = { connection: 'close' };
    const inner = await fetch(process.env.NEED_PARTNER_URL + '/', { headers });
    const text = await inner.text();
    response.setHeader('content-type', 'application/json');
    response.end(text);
  } catch {
    response.writeHead(503, { 'service-health': 'partner=down' }).end('the partner is away');
  }
}).listen(Number(process.env.PORT), process.env.HOST);
`,
  });
  const server = site.read('services/totals/server.ts');
  await site.write('services/totals/server.ts', server.replaceAll('SITE', site.directory));
  await site.up();
});
after(async () => {
  await site.close();
  await partner?.[Symbol.asyncDispose]();
});

async function total(): Promise<RawAnswer & { readonly from: string }> {
  const answer = await rawGet(await site.origin(), '/total');
  const told = answer.headers['cache-status'] ?? '';
  return { ...answer, from: /detail=(last-good|static)/.exec(told)?.[1] ?? 'service' };
}

/** What the site keeps by itself for the rung `static`. */
async function untilSnapshot(): Promise<void> {
  const ports = await openSitePorts(site.folder);
  try {
    await eventually(
      'a snapshot is taken',
      async () => (await ports.state.list(SNAPSHOTS_PREFIX)).length > 0,
      30_000,
    );
  } finally {
    await Promise.all([ports.state.close(), ports.journal.close()]);
  }
}

test('a lost need is answered by the last good answer, at once, and status says so', async () => {
  const good = await total();
  assert.deepEqual([good.status, String(good.body)], [200, '{"raised":7}']);
  await untilSnapshot();
  await partner?.[Symbol.asyncDispose]();
  partner = null;
  await eventually('it is stale', async () => (await total()).from === 'last-good');
  const stale = await total();
  assert.deepEqual([stale.status, String(stale.body)], [200, '{"raised":7}']);
  assert.equal(stale.headers['content-type'], 'application/json');
  const said = String(stale.headers['service-health']);
  assert.match(said, /^feature="totals\.total", tier=important, rung=stale;age=\d+$/);
  const status = await site.until('status knows', ({ features }) =>
    features.some(({ feature, rung }) => feature === 'totals.total' && rung !== null),
  );
  const [feature] = status.features;
  assert.equal(feature?.state, 'degraded');
  assert.deepEqual(
    feature.rungs?.map(({ rung, need, cause, requests }) => [rung, need, cause, requests]),
    [['stale', 'partner', 'status', 'reads']],
  );
});

test('and once that is too old by a snapshot, though the service is killed whole', async () => {
  await site.write('crash', '');
  const status = await site.status();
  for (const { pid } of status.services[0]?.instances ?? []) process.kill(pid, 'SIGKILL');
  const fallen = await eventually(
    'it is static',
    async () => {
      const answer = await total();
      assert.equal(answer.status, 200, 'a rung answers at every moment');
      return answer.from === 'static' ? answer : null;
    },
    30_000,
  );
  assert.equal(String(fallen.body), '{"raised":7}');
  assert.match(fallen.headers['age'] ?? '', /^\d+$/);
  await site.until('status knows', ({ features }) => features[0]?.rung === 'static');
  process.kill(await site.pid('worker-1'), 'SIGKILL');
  const found = await eventually('another worker has it too', async () => {
    const answer = await total().catch(() => null);
    return answer?.from === 'static' ? answer : null;
  });
  assert.equal(String(found.body), '{"raised":7}');
});

test('it is back once the service has answered well for a while', async () => {
  partner = await startOrigin((_req, res) => void res.end('{"raised":8}'), partnerPort);
  rmSync(`${site.directory}/crash`);
  await eventually('the service answers', async () => (await total()).from === 'service', 60_000);
  await eventually(
    'no rung is in force',
    async () => {
      await total();
      return (await site.status()).features.every(({ rung }) => rung === null);
    },
    60_000,
  );
  assert.equal(String((await total()).body), '{"raised":8}');
});

test('the journal tells each rung that was entered and left, by whom and why', async () => {
  const ports = await openSitePorts(site.folder);
  try {
    const entries = await eventually('they are written', async () => {
      const found = await ports.journal.range({ kind: 'rung' });
      const left = found.filter(({ kind }) => kind === 'rung.left').length;
      return left >= 2 && found.length === 2 * left ? found : null;
    });
    assert.ok(entries.some(({ why }) => why === 'its worker ended'));
    assert.ok(entries.some(({ why }) => why === 'it answers again'));
    for (const { subject, who, why } of entries) {
      assert.deepEqual([subject, who], ['totals.total', 'worker-1']);
      assert.ok(why !== null && why !== '');
    }
    const rungs = new Set(entries.map(({ data }) => (data as { rung: string }).rung));
    assert.deepEqual([...rungs].sort(), ['stale', 'static']);
  } finally {
    await Promise.all([ports.state.close(), ports.journal.close()]);
  }
});
