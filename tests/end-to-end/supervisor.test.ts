import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ENDPOINTS_PREFIX } from '../../src/contract/keys.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { eventually } from '../support/eventually.ts';
import { untilForgiven } from '../support/forgiven-kills.ts';
import { count, reportNumbers } from '../support/prove.ts';
import {
  openSupervisedSite,
  prepareSite,
  removeSite,
  supervisedPlan,
} from '../support/supervised-site.ts';
import type { Endpoint, Endpoints } from '../../src/contract/keys.ts';
import type { InstanceStatus, ServiceStatus } from '../../src/contract/status.ts';
import type { ReleaseToRun } from '../../src/controller/supervisor/version.ts';
import type { SupervisedSite } from '../support/supervised-site.ts';

const withinMs = 30_000;

describe('a supervisor of real processes', () => {
  let root: string;
  let release: ReleaseToRun;
  let site: SupervisedSite;

  beforeEach(async () => {
    ({ root, release } = await prepareSite());
    site = await openSupervisedSite(root, { KEY: 'planted-secret-4711' });
  });
  afterEach(async () => {
    await site.close();
    await removeSite(root);
  });

  const status = (): ServiceStatus => {
    const found = site.supervisor.status('donations');
    assert.ok(found);
    return found;
  };
  const ready = (): readonly InstanceStatus[] =>
    status().instances.filter(({ state }) => state === 'ready');
  const rotation = async (): Promise<readonly Endpoint[]> => {
    const entry = await site.state.get(`${ENDPOINTS_PREFIX}donations`);
    return (entry?.value as unknown as Endpoints | undefined)?.instances ?? [];
  };
  const restsWith = (instances: number): Promise<unknown> =>
    eventually(
      `${instances} healthy instances`,
      () => ready().length === instances && status().instances.length === instances,
      withinMs,
    );
  const up = async (plan = supervisedPlan()): Promise<readonly InstanceStatus[]> => {
    await site.supervisor.apply(plan, release);
    assert.deepEqual(await site.supervisor.whenSettled('donations'), { kind: 'serving' });
    return ready();
  };

  test('an instance killed is out of rotation and replaced by one of another name', async () => {
    await up();
    const replacedMs: number[] = [];
    for (let kill = 0; kill < count(3, 20); kill += 1) {
      await untilForgiven(kill);
      const victim = ready()[0];
      assert.ok(victim);
      const killedMs = performance.now();
      process.kill(victim.pid, 'SIGKILL');
      const isReplaced = (): boolean =>
        ready().length === 2 && ready().every(({ id }) => id !== victim.id);
      await eventually('a replacement', isReplaced, withinMs);
      replacedMs.push(Math.round(performance.now() - killedMs));
      const isPublished = async (): Promise<boolean> => {
        const published = (await rotation()).map(({ id, state }) => `${id} ${state}`).sort();
        return (
          published.join() ===
          ready()
            .map(({ id }) => `${id} ready`)
            .sort()
            .join()
        );
      };
      await eventually('workers are told', isPublished);
    }
    reportNumbers('instance killed: until its replacement is healthy', { ms: replacedMs });
  });

  test('a rollout and a removal break no request that was in flight', async () => {
    const [first] = await up();
    assert.ok(first);
    const ask = (): Promise<string> =>
      fetch(`http://${first.address}/slow`).then((answer) => answer.text());
    const inFlight = [ask(), ask(), ask()];
    await up(supervisedPlan({ environment: { EDITION: '2' } }));
    const late = ask();
    assert.deepEqual(await Promise.all(inFlight), ['done', 'done', 'done']);
    assert.equal(await late, 'done', 'one that was sent while it drained is answered too');
    await restsWith(2);
    assert.ok(ready().every(({ id }) => id !== first.id));
    await site.supervisor.remove('donations');
    assert.deepEqual(await site.driver.list(), []);
    assert.deepEqual(await site.state.list(ENDPOINTS_PREFIX), []);
  });

  test('one that ignores SIGTERM is killed when its budget is used up', async () => {
    await up(supervisedPlan({ environment: { MOOD: 'stubborn' }, drainMs: 300 }));
    await site.supervisor.remove('donations');
    const stopped = await site.journal.range({ kind: 'instance.stopped' });
    assert.deepEqual(
      stopped.map(({ data }) => data),
      [
        { code: null, signal: 'SIGKILL' },
        { code: null, signal: 'SIGKILL' },
      ],
    );
  });

  test('a crash loop backs off and shows its last lines', async () => {
    await site.supervisor.apply(supervisedPlan({ environment: { MOOD: 'crash' } }), release);
    const settled = await site.supervisor.whenSettled('donations');
    assert.equal(settled.kind, 'failed');
    assert.equal(settled.failure.reason, 'ended with exit code 3');
    assert.deepEqual(settled.failure.lastLines, ['mood crash', 'bad luck: no table donations']);
    assert.match(site.supervisor.notes()[0]?.message ?? '', /bad luck: no table donations/);
    const died = await site.journal.range({ kind: 'instance.died' });
    assert.match(JSON.stringify(died.at(-1)?.data), /bad luck/);
    const startedBefore = (await site.journal.range({ kind: 'instance.started' })).length;
    await systemClock.sleep(1_000);
    const startedAfter = (await site.journal.range({ kind: 'instance.started' })).length;
    assert.ok(startedAfter - startedBefore <= 6, `${startedAfter - startedBefore} in a second`);
  });

  test('one that never becomes healthy is given up and says what it answered', async () => {
    const health = { ...supervisedPlan().health, startMs: 700 };
    const plan = supervisedPlan({ environment: { MOOD: 'mute' }, health });
    await site.supervisor.apply(plan, release);
    const settled = await site.supervisor.whenSettled('donations');
    assert.equal(settled.kind, 'failed');
    assert.match(settled.failure.reason, /not healthy within 700 ms: GET \/health answered 503/);
    assert.deepEqual(
      await rotation().then((all) => all.filter(({ state }) => state === 'ready')),
      [],
    );
  });

  test('a release that fails leaves the one before in place', async () => {
    const before = (await up()).map(({ id }) => id);
    const bad = supervisedPlan({
      before: ['node', '-e', 'console.log("no table"); process.exit(1)'],
    });
    await site.supervisor.apply(bad, { ...release, digest: `sha256:${'2'.repeat(64)}` });
    const settled = await site.supervisor.whenSettled('donations');
    assert.equal(settled.kind, 'failed');
    assert.deepEqual(settled.failure.lastLines, ['no table']);
    assert.deepEqual(
      ready().map(({ id }) => id),
      before,
    );
    assert.equal(site.supervisor.notes()[0]?.code, 'release-halted');
  });

  test('half or fewer that are sick are replaced, more than half are left alone', async () => {
    const instances = await up(supervisedPlan({ instances: { min: 3, max: 3 } }));
    const [one, two, three] = instances;
    assert.ok(one && two && three);
    await fetch(`http://${one.address}/sick`);
    await eventually('one is replaced', () => ready().every(({ id }) => id !== one.id), withinMs);
    await restsWith(3);
    await Promise.all(ready().map(({ address }) => fetch(`http://${address}/sick`)));
    const isStopped = (): boolean =>
      site.supervisor.notes().some(({ code }) => code === 'replacement-stopped');
    await eventually('replacement stops', isStopped, withinMs);
    const areKept = async (): Promise<boolean> =>
      (await rotation()).filter(({ state }) => state === 'ready').length >= 2;
    await eventually('they keep their requests', areKept);
    const told = async (): Promise<boolean> =>
      (await site.journal.range({ kind: 'replacement.stopped' })).length === 1;
    await eventually('the journal tells it', told);
  });

  test('a secret reaches the instance and nothing on disk', async () => {
    const [first] = await up(supervisedPlan({ secrets: [{ name: 'KEY', generate: null }] }));
    const answer = await fetch(`http://${first?.address}/`);
    assert.equal(await answer.text(), 'has its key');
    await site.close();
    for (const file of await filesBelow(root)) {
      assert.ok(!(await readFile(file)).includes('planted-secret-4711'), `${file} holds it`);
    }
    site = await openSupervisedSite(root);
  });

  test('a secret that is not set is named', async () => {
    await site.supervisor.apply(
      supervisedPlan({ secrets: [{ name: 'ABSENT', generate: null }] }),
      release,
    );
    const settled = await site.supervisor.whenSettled('donations');
    assert.equal(settled.kind, 'failed');
    assert.match(settled.failure.reason, /needs the secret ABSENT/);
  });
});

async function filesBelow(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name));
}
