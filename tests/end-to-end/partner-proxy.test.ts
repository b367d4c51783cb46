import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SiteCircuitsStatus } from '../../src/controller/circuits/site-circuits.ts';
import { eventually } from '../support/eventually.ts';
import { copySite, type TestSite } from '../support/site-harness.ts';

/**
 * The campaign's `partners` with the sandbox as somebody else's API: it is asked by an address, as
 * the real one, and so through the proxy of its need.
 */
let site: TestSite;
let inside: string;
before(async () => {
  site = await copySite('examples/campaign');
  await site.write(
    'site.yaml',
    `turnout: 1
site: voters
what: Those parts of the campaign that know polling places.
services: [services/partners, services/sandbox-partner]
listen: { workers: 1 }
links: on
`,
  );
  await site.write('edge.yaml', 'turnout: 1\n');
  await site.write('flags.yaml', 'flags: {}\n');
  await site.up();
  inside = (await site.status()).addresses.internal ?? '';
  const partners = 'services/partners/service.yaml';
  const written = site.read(partners);
  const need = 'partner: { feature: sandbox-partner.polling-places, timeout: 1s, in-flight: 16 }';
  const proxy = '{ in-flight: 8, cache: 1s, ladder: [stale 24h, closed] }';
  assert.ok(written.includes(need));
  const proxied = written
    .replace(need, `partner: { http: "${inside}", timeout: 1s, in-flight: 16, proxy: ${proxy} }`)
    .replace('FRESH_SECONDS: "60"', 'FRESH_SECONDS: "0"')
    // What the service itself makes of the partner's answers is seen each time.
    .replace('cache: 60s', 'cache: none')
    .replace('ladder: [stale 24h, closed]\n', 'ladder: [closed]\n');
  await site.write(partners, proxied);
  const { code, stderr } = await site.run('reload');
  assert.equal(code, 0, stderr);
});
after(() => site?.close());

interface Told {
  readonly status: number;
  readonly places?: readonly { readonly name: string }[];
  readonly fresh?: boolean;
  readonly ageSeconds?: number;
}

async function lookUp(zip: string): Promise<Told> {
  const answer = await fetch(`${await site.origin()}/api/polling-places?zip=${zip}`);
  return { status: answer.status, ...((await answer.json()) as object) };
}

async function behave(mode: string): Promise<void> {
  const body = JSON.stringify({ mode, for: '5m' });
  const headers = { 'content-type': 'application/json' };
  const done = await fetch(`${inside}/sandbox/behaviour`, { method: 'POST', body, headers });
  assert.equal(done.status, 200);
}

/** How many calls of the last ten seconds the circuit of the proxy counted. */
async function callsCounted(): Promise<number> {
  const { stdout } = await site.run('circuits', 'list', '--json');
  const { workers } = JSON.parse(stdout) as SiteCircuitsStatus;
  const all = workers.flatMap(({ circuits }) => circuits);
  return all.find(({ circuit }) => circuit === 'partners:partner.calls/reads')?.calls ?? 0;
}

/** A new instance in place of the one that runs: it has kept nothing itself. */
async function startAnew(): Promise<void> {
  const running = async () => {
    const { services } = await site.status();
    return services.find(({ service }) => service === 'partners')?.instances ?? [];
  };
  const before = await running();
  for (const { pid } of before) process.kill(pid, 'SIGKILL');
  await eventually('another one runs', async () => {
    const now = await running();
    const isOther = now.every(({ id }) => before.every((old) => old.id !== id));
    return isOther && now.some(({ state }) => state === 'ready');
  });
}

test('polling places go on while the partner is away, from what its proxy kept', async () => {
  await eventually('the partner is asked by its address', async () => {
    await lookUp('57899');
    return (await callsCounted()) > 0;
  });
  const { services } = await site.status();
  assert.ok(services.some(({ service, kind }) => service === 'partners:partner' && kind === 'at'));
  const well = await lookUp('57801');
  assert.equal(well.fresh, true);
  for (const mode of ['error', 'hang']) {
    await behave(mode);
    await startAnew();
    const kept = await eventually('the proxy stands in', async () => {
      const told = await lookUp('57801');
      return told.fresh === false ? told : null;
    });
    assert.equal(kept.status, 200);
    assert.deepEqual(kept.places, well.places);
    assert.ok((kept.ageSeconds ?? 0) >= 1);
    assert.equal((await lookUp('57802')).status, 503, 'nobody asked for it before');
  }
  const calls = await eventually('the site says so', async () => {
    const told = (await site.status()).features;
    const standing = told.find(({ feature }) => feature === 'partners:partner.calls');
    return (standing?.rung ?? null) === null ? null : standing;
  });
  assert.equal(calls?.tier, 'core');
  assert.ok(['stale', 'closed'].includes(String(calls.rung)));
  await behave('well');
  await eventually(
    'the partner is asked again',
    async () => (await lookUp('57801')).fresh === true,
  );
});

test('the circuit before a partner is held and let go by its name', async () => {
  const held = await site.run('circuits', 'open', 'partners:partner', '--why', 'they asked us to');
  assert.equal(held.code, 0, held.stderr);
  await eventually('nobody asks them', async () => (await lookUp('57809')).status === 503);
  assert.equal((await site.run('circuits', 'auto', 'partners:partner')).code, 0);
  await eventually('they are asked again', async () => (await lookUp('57809')).status === 200);
});

test('the switch of a partner turns its calls away', async () => {
  const set = await site.run('flags', 'set', 'partners:partner.calls', 'closed', '--for', '10m');
  assert.equal(set.code, 0, set.stderr + set.stdout);
  await eventually('nobody asks them', async () => (await lookUp('57808')).status === 503);
});
