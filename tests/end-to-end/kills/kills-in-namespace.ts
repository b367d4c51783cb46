import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SiteStatus } from '../../../src/contract/status.ts';
import { missingGifts } from '../../support/campaign-database.ts';
import { untilForgiven } from '../../support/forgiven-kills.ts';
import { addReports, type LoadReport } from '../../support/load.ts';
import { count, reportNumbers } from '../../support/prove.ts';
import { copySite, type TestSite } from '../../support/site-harness.ts';
import { startCampaignLoad, type CampaignLoad } from './campaign-load.ts';
import { openConnections } from './open-connections.ts';

const KILLS = count(1, 20);
const CONNECTIONS = 64;
/** Long enough after each kill for whatever it broke to show. */
const SETTLE_MS = 1_500;
const BREATH_MS = 500;
/**
 * Of each connection, between requests. Each total is a look at all gifts given so far: through the
 * full counts a quick pace would end as a test of the database.
 */
const PAUSE_MS = count(25, 250);
const CONTROLLER_DEAD_MS = count(5_000, 60_000);

let site: TestSite;
let load: CampaignLoad;

before(async () => {
  site = await copySite('examples/campaign');
  await site.up();
  await isWhole();
  load = startCampaignLoad(await site.origin(), { connections: CONNECTIONS, pauseMs: PAUSE_MS });
});

after(async () => {
  await load?.stop();
  await site?.close();
});

/** Waits until every instance and process that should be there is there. */
function isWhole() {
  return site.until('everything is up', ({ services, processes }) => {
    const instancesUp = services.every(({ healthy, desired }) => healthy >= desired);
    const running = processes.filter(({ state }) => state === 'running');
    return instancesUp && running.length === 4;
  });
}

/** Does the same harm again and again, each time from a whole site, and says what each cost. */
async function harmRepeatedly(
  what: string,
  harm: () => Promise<Readonly<Record<string, unknown>> | void>,
): Promise<readonly LoadReport[]> {
  const reports: LoadReport[] = [];
  const rows: Record<string, unknown>[] = [];
  for (let n = 1; n <= KILLS; n++) {
    await isWhole();
    await sleep(BREATH_MS);
    load.take();
    const extra = await harm();
    await isWhole();
    await sleep(SETTLE_MS);
    const report = load.take();
    reports.push(report);
    const { reasons, ...numbers } = report;
    rows.push({ kill: n, ...numbers, ...extra });
    if (reasons.length > 0) console.log(`${what} ${n}: ${reasons.join('; ')}`);
  }
  reportNumbers(what, { kills: rows });
  return reports;
}

function assertNothingNoticed(reports: readonly LoadReport[]): void {
  const { sent, ok, reasons } = addReports(reports);
  assert.ok(sent > 0);
  assert.deepEqual({ notOk: sent - ok, reasons }, { notOk: 0, reasons: [] });
}

test('kill -9 of the controller fails no request; it comes back and adopts all', async () => {
  const reports = await harmRepeatedly('controller killed', async () => {
    const { services } = await site.status();
    const pid = await site.pid('controller');
    process.kill(pid, 'SIGKILL');
    await site.until('another controller', ({ processes }) =>
      processes.some(
        (now) => now.id === 'controller' && now.pid !== pid && now.state === 'running',
      ),
    );
    await isWhole();
    assert.deepEqual(instancePids(await site.status()), instancePids({ services }));
  });
  assertNothingNoticed(reports);
});

test('kill -9 of the keeper fails no request, and the next up adopts what runs', async () => {
  const reports = await harmRepeatedly('keeper killed', async () => {
    const before = [await site.pid('controller'), await site.pid('worker-1')];
    process.kill(await site.pid('keeper'), 'SIGKILL');
    await site.up();
    const after = [await site.pid('controller'), await site.pid('worker-1')];
    assert.deepEqual(after, before);
  });
  assertNothingNoticed(reports);
});

test('kill -9 of an instance fails no read; a gift in flight may end unknown', async () => {
  let kills = 0;
  const reports = await harmRepeatedly('instance killed', async () => {
    await untilForgiven(kills++);
    const { instances } = donationsOf(await site.status());
    const victim = instances.find(({ state }) => state === 'ready');
    assert.ok(victim?.pid);
    process.kill(victim.pid, 'SIGKILL');
    await site.until('it is replaced', (now) => {
      const { instances } = donationsOf(now);
      const isReady = instances.filter(({ state }) => state === 'ready').length === 2;
      return isReady && instances.every(({ id }) => id !== victim.id);
    });
  });
  const { failed, resets, truncated, reasons } = addReports(reports);
  assert.deepEqual(
    { failed, resets, truncated, reasons },
    { failed: 0, resets: 0, truncated: 0, reasons: [] },
  );
});

test('kill -9 of a worker resets only its own connections, and one retry succeeds', async () => {
  const port = Number(new URL(await site.origin()).port);
  const held: number[] = [];
  const reports = await harmRepeatedly('worker killed', async () => {
    const id = `worker-${1 + (held.length % 2)}`;
    const pid = await site.pid(id);
    const connections = openConnections(pid, port);
    held.push(connections);
    process.kill(pid, 'SIGKILL');
    await site.until('another worker', ({ processes }) =>
      processes.some((now) => now.id === id && now.pid !== pid && now.state === 'running'),
    );
    return { connections };
  });
  for (const [n, { resets, truncated, retriedOk, failed, unknown }] of reports.entries()) {
    assert.ok(resets + truncated <= (held[n] ?? 0), `kill ${n + 1}: more resets than connections`);
    assert.deepEqual({ retriedOk, failed, unknown }, { retriedOk: resets, failed: 0, unknown: 0 });
  }
});

test('a planned stop of a worker resets nothing', async () => {
  const reports = await harmRepeatedly('worker stopped as planned', async () => {
    const pid = await site.pid('worker-1');
    process.kill(pid, 'SIGTERM');
    await site.until('another worker', ({ processes }) => {
      const workers = processes.filter(({ id }) => id === 'worker-1');
      return workers.length === 1 && workers[0]?.pid !== pid && workers[0]?.state === 'running';
    });
  });
  assertNothingNoticed(reports);
});

test('replacing all workers as planned resets nothing', async () => {
  const reports = await harmRepeatedly('workers replaced', async () => {
    const before = new Set([await site.pid('worker-1'), await site.pid('worker-2')]);
    process.kill(await site.pid('keeper'), 'SIGUSR2');
    await site.until('other workers', ({ processes }) => {
      const workers = processes.filter(({ kind }) => kind === 'worker');
      const areNew = workers.every(({ pid, state }) => !before.has(pid) && state === 'running');
      return workers.length === 2 && areNew;
    });
  });
  assertNothingNoticed(reports);
});

test('a reload rolls in a new release and fails nothing', async () => {
  const source = 'services/donations/server.ts';
  const original = site.read(source);
  let round = 0;
  const reports = await harmRepeatedly('release reloaded', async () => {
    const before = donationsOf(await site.status());
    round++;
    await site.write(source, original.replace('no such gift', `no such gift in round ${round}`));
    const { code, stderr } = await site.run('reload');
    assert.equal(code, 0, stderr);
    await site.until('the new release alone serves', (status) => {
      const now = donationsOf(status);
      const isNew = now.release !== before.release && now.instances.length === now.desired;
      return isNew && now.instances.every(({ release }) => release === now.release);
    });
  });
  assertNothingNoticed(reports);
});

test('with keeper and controller dead, everything else goes on and logs', async () => {
  const before = instancePids(await isWhole());
  load.take();
  const controller = await site.pid('controller');
  process.kill(await site.pid('keeper'), 'SIGKILL');
  process.kill(controller, 'SIGKILL');
  await sleep(CONTROLLER_DEAD_MS);
  const { reasons, ...numbers } = load.take();
  reportNumbers('controller dead', { deadMs: CONTROLLER_DEAD_MS, ...numbers });
  assert.deepEqual(reasons, []);
  assert.equal(numbers.ok, numbers.sent);
  await site.up();
  assert.deepEqual(instancePids(await isWhole()), before);
});

test('every gift that was acknowledged is in the database', async () => {
  await load.stop();
  const missing = await missingGifts(site, load.acknowledged);
  reportNumbers('ledger', { acknowledged: load.acknowledged.size, missing: missing.length });
  assert.ok(load.acknowledged.size > 0);
  assert.deepEqual(missing, []);
});

/** The service that the load gives to and reads from. */
function donationsOf({ services }: SiteStatus): SiteStatus['services'][number] {
  const found = services.find(({ service }) => service === 'donations');
  assert.ok(found !== undefined);
  return found;
}

function instancePids({ services }: Pick<Awaited<ReturnType<TestSite['status']>>, 'services'>) {
  return services.flatMap(({ instances }) => instances.map(({ pid }) => pid)).toSorted();
}
