import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeeperRecord } from '../../../src/contract/site-settings.ts';
import type { SiteStatus } from '../../../src/contract/status.ts';
import { readJsonFile } from '../../../src/lib/json-file.ts';
import { version } from '../../../src/lib/version.ts';
import { count, reportNumbers } from '../../support/prove.ts';
import { copySite, type TestSite } from '../../support/site-harness.ts';
import { missingGifts } from '../../support/campaign-database.ts';
import { startCampaignLoad, type CampaignLoad } from '../kills/campaign-load.ts';
import { anotherTurnout, type AnotherTurnout } from './another-turnout.ts';

const ROUNDS = count(1, 10);
const CONNECTIONS = 32;
const OLDER = '0.0.9';

let site: TestSite;
let older: AnotherTurnout;
let load: CampaignLoad;

before(async () => {
  older = await anotherTurnout(OLDER);
  site = await copySite('examples/campaign');
  const { code, stdout, stderr } = await older.run('up', '--detach', '--site', site.directory);
  assert.equal(code, 0, `${stdout}${stderr}`);
  load = startCampaignLoad(await site.origin(), { connections: CONNECTIONS, pauseMs: 25 });
});

after(async () => {
  await load?.stop();
  await site?.close();
});

function keeper(): KeeperRecord {
  return readJsonFile(site.folder.keeperRecord) as KeeperRecord;
}

function pidsOf({ processes }: SiteStatus, kind: string): readonly number[] {
  return processes.filter((process) => process.kind === kind).map(({ pid }) => pid);
}

function instances({ services }: SiteStatus): readonly string[] {
  return services.flatMap((service) => service.instances.map(({ id, pid }) => `${id} ${pid}`));
}

/** Waits until whoever was replaced is gone, and every instance serves. */
function isSettled(): Promise<SiteStatus> {
  return site.until('nothing is on its way', ({ processes, services }) => {
    const stand = processes.every(({ state }) => state === 'running');
    return stand && services.every(({ healthy, desired }) => healthy >= desired);
  });
}

function assertNothingFailed(what: string): void {
  const { reasons, ...numbers } = load.take();
  reportNumbers(what, numbers);
  assert.ok(numbers.sent > 0);
  assert.deepEqual({ notOk: numbers.sent - numbers.ok, reasons }, { notOk: 0, reasons: [] });
}

test('the same version has nothing to take over', async () => {
  const { code, stderr } = await older.run('upgrade', '--site', site.directory);
  assert.equal(code, 1);
  assert.match(stderr, /upgrade-same-version.*0\.0\.9/s);
});

test('one whose worker does not come up changes nothing, and says so', async () => {
  const broken = await anotherTurnout('9.9.9', {
    'src/profiles/worker-process.ts': "throw new Error('this one is broken');\n",
  });
  const was = await isSettled();
  load.take();
  const { code, stderr } = await broken.run('upgrade', '--site', site.directory);
  assert.equal(code, 1);
  assert.match(stderr, /upgrade-failed.*worker-1 of Turnout 9\.9\.9 did not come up/s);
  assert.match(stderr, /back with its keeper/);
  const now = await site.until('it is kept again', ({ processes }) =>
    processes.some(({ kind, state }) => kind === 'keeper' && state === 'running'),
  );
  await sleep(1_500);
  assert.equal(keeper().turnout, OLDER);
  assert.deepEqual(pidsOf(now, 'worker'), pidsOf(was, 'worker'));
  assert.deepEqual(pidsOf(now, 'controller'), pidsOf(was, 'controller'));
  assert.deepEqual(instances(now), instances(was));
  assertNothingFailed('an upgrade that fails');
});

test('the newer one takes over and back, and no request fails', async () => {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const was = await isSettled();
    load.take();
    const { code, stdout, stderr } = await site.run('upgrade');
    assert.equal(code, 0, `${stdout}${stderr}`);
    assert.match(stdout, new RegExp(`worker-1: replaced by Turnout ${version}`));
    const now = await isSettled();
    assert.equal(keeper().turnout, version);
    assert.equal(now.turnout, version);
    for (const kind of ['keeper', 'worker', 'controller']) {
      const [before, after] = [pidsOf(was, kind), pidsOf(now, kind)];
      assert.equal(after.length, before.length);
      assert.deepEqual(
        before.filter((pid) => after.includes(pid)),
        [],
        `each ${kind} is another`,
      );
    }
    assert.deepEqual(instances(now), instances(was), 'instances are the same');
    await sleep(1_000);
    assertNothingFailed(`upgrade ${round}`);

    const refused = await older.run('upgrade', '--site', site.directory);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /upgrade-to-older/);
    const back = await older.run('upgrade', '--force', '--site', site.directory);
    assert.equal(back.code, 0, `${back.stdout}${back.stderr}`);
    await isSettled();
    assert.equal(keeper().turnout, OLDER);
    await sleep(1_000);
    assertNothingFailed(`back to the older one ${round}`);
  }
});

test('every gift that was acknowledged is in the database', async () => {
  await load.stop();
  assert.ok(load.acknowledged.size > 0);
  assert.deepEqual(await missingGifts(site, load.acknowledged), []);
});

test('a site that nobody keeps up is refused', async () => {
  await site.run('down');
  const { code, stderr } = await site.run('upgrade');
  assert.equal(code, 1);
  assert.match(stderr, /upgrade-not-running/);
});
