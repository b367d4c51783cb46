import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ENDPOINTS_PREFIX } from '../../src/contract/keys.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { startChild } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { count } from '../support/prove.ts';
import { testSeed } from '../support/seed.ts';
import {
  openSupervisedSite,
  prepareSite,
  removeSite,
  supervisedPlan,
} from '../support/supervised-site.ts';
import type { Endpoints } from '../../src/contract/keys.ts';
import type { ServiceStatus } from '../../src/contract/status.ts';
import type { ReleaseToRun } from '../../src/controller/supervisor/version.ts';
import type { ServicePlan } from '../../src/derive/release-plan/release-plan.ts';
import type { SupervisedSite } from '../support/supervised-site.ts';

const withinMs = 30_000;
const { randomness } = testSeed('supervisor adoption');

describe('a supervisor whose predecessor was killed', () => {
  let root: string;
  let release: ReleaseToRun;
  let site: SupervisedSite | null = null;

  beforeEach(async () => {
    ({ root, release } = await prepareSite());
  });
  afterEach(async () => {
    await site?.close();
    site = null;
    await removeSite(root);
  });

  const predecessor = (plans: readonly ServicePlan[]): ReturnType<typeof startChild> =>
    startChild('supervisor-process.ts', 'supervisor', { root, release, plans });
  const successor = async (): Promise<SupervisedSite> => {
    site = await openSupervisedSite(root);
    return site;
  };
  const statusOf = ({ supervisor }: SupervisedSite): ServiceStatus => {
    const status = supervisor.status('donations');
    assert.ok(status);
    return status;
  };
  const readyIds = (of: SupervisedSite): readonly string[] =>
    statusOf(of)
      .instances.filter(({ state }) => state === 'ready')
      .map(({ id }) => id);
  const published = async ({ state }: SupervisedSite): Promise<readonly string[]> => {
    const entry = await state.get(`${ENDPOINTS_PREFIX}donations`);
    const endpoints = entry?.value as unknown as Endpoints;
    return endpoints.instances.map(({ id, state }) => `${id} ${state}`).sort();
  };

  test('takes over what runs, without a moment out of rotation', async () => {
    const child = predecessor([supervisedPlan()]);
    await child.says('settled');
    child.signal('SIGKILL');
    await child.exited();
    const mine = await successor();
    const ids = readyIds(mine);
    assert.equal(ids.length, 2);
    assert.deepEqual(await published(mine), ids.map((id) => `${id} ready`).sort());
    // The same again changes nothing.
    await mine.supervisor.apply(supervisedPlan(), release);
    await systemClock.sleep(500);
    assert.deepEqual(readyIds(mine), ids);
    assert.deepEqual(await mine.journal.range({ kind: 'instance.died' }), []);
  });

  test('finds out who died meanwhile, tells it, and replaces them', async () => {
    const child = predecessor([supervisedPlan()]);
    await child.says('settled');
    child.signal('SIGKILL');
    await child.exited();
    const first = await successor();
    const [victim] = statusOf(first).instances;
    await first.close();
    assert.ok(victim);
    process.kill(victim.pid, 'SIGKILL');
    const mine = await successor();
    const isWhole = (): boolean => readyIds(mine).length === 2;
    await eventually('two healthy instances', isWhole, withinMs);
    assert.ok(!readyIds(mine).includes(victim.id));
    const died = async (): Promise<number> =>
      (await mine.journal.range({ kind: 'instance.died' })).length;
    await eventually('the journal tells it', async () => (await died()) === 1);
  });

  test('goes on with a rollout wherever it stood', async () => {
    for (let kill = 0; kill < count(3, 20); kill += 1) {
      const edition = String(kill);
      const plan = supervisedPlan({
        environment: { EDITION: edition },
        before: ['node', '-e', 'setTimeout(() => console.log("migrated"), 100)'],
      });
      const child = predecessor([plan]);
      await child.says('applied');
      await systemClock.sleep(randomness.integer(1_500));
      child.signal('SIGKILL');
      await child.exited();
      const mine = await successor();
      const settled = await mine.supervisor.whenSettled('donations');
      assert.deepEqual(settled, { kind: 'serving' });
      const isAtRest = (): boolean =>
        readyIds(mine).length === 2 && statusOf(mine).instances.length === 2;
      await eventually('two instances and no other', isAtRest, withinMs);
      const alive = (await mine.driver.list()).filter((instance) => instance.alive);
      assert.deepEqual(alive.map(({ id }) => id).sort(), [...readyIds(mine)].sort());
      await mine.close();
      site = null;
    }
  });

  test('stops what nobody wants any more', async () => {
    const child = predecessor([supervisedPlan()]);
    await child.says('settled');
    child.signal('SIGKILL');
    await child.exited();
    const first = await successor();
    await first.state.delete('supervisor/donations');
    await first.close();
    const mine = await successor();
    await eventually('nothing runs', async () => (await mine.driver.list()).length === 0, withinMs);
    await eventually('nothing is known', () => mine.supervisor.status('donations') === null);
  });
});
