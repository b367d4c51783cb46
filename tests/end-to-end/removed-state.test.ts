import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readProcessIdentity } from '../../src/lib/process-identity.ts';
import { eventually } from '../support/eventually.ts';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

let site: TestSite;
before(async () => {
  site = await createSite(tinySite());
  await site.up();
});
after(() => site.close());

const runs = (pid: number): boolean => readProcessIdentity(pid) !== null;

/** Of the processes that stay. */
async function pids(): Promise<readonly number[]> {
  const { processes } = await site.status();
  return processes.filter(({ state }) => state !== 'stopping').map(({ pid }) => pid);
}

test('a keeper whose folder was removed leaves its workers to the next one', async () => {
  const keeper = await site.pid('keeper');
  rmSync(dirname(site.folder.keeperLock), { recursive: true });
  await site.up();
  await eventually('the first keeper has gone', () => !runs(keeper));
  // The new keeper may replace them once, for they listen where it does not.
  const stable = async (): Promise<boolean> => {
    const settled = await pids();
    await sleep(1_500);
    return settled.length === 4 && String(await pids()) === String(settled);
  };
  await eventually('one of each runs, and none is stopped as a stray', stable, 30_000);
  const answer = await fetch(await site.origin());
  assert.equal(answer.status, 200);
});

test('where all state was removed, what no one would know of goes', async () => {
  const before = await pids();
  rmSync(site.folder.root, { recursive: true });
  await site.up();
  await eventually('the first processes have gone', () => !before.some(runs), 20_000);
  const answer = await fetch(await site.origin());
  assert.equal(answer.status, 200);
});
