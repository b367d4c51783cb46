import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { missingGifts } from '../../support/campaign-database.ts';
import { reportNumbers } from '../../support/prove.ts';
import { copySite, type TestSite } from '../../support/site-harness.ts';
import { startCampaignLoad, type CampaignLoad } from '../kills/campaign-load.ts';
import { anotherTurnout } from './another-turnout.ts';

let site: TestSite;
let load: CampaignLoad;

before(async () => {
  const older = await anotherTurnout('0.0.9');
  site = await copySite('examples/campaign');
  await site.write('site.yaml', `${site.read('site.yaml')}\nlinks: on\n`);
  const { code, stdout, stderr } = await older.run('up', '--detach', '--site', site.directory);
  assert.equal(code, 0, `${stdout}${stderr}`);
  load = startCampaignLoad(await site.origin(), { connections: 32, pauseMs: 25 });
});

after(async () => {
  await load?.stop();
  await site?.close();
});

async function runningLinks(): Promise<number> {
  const { processes } = await site.until('links run', (now) =>
    now.processes.some(({ kind, state }) => kind === 'links' && state === 'running'),
  );
  return processes.findLast(({ kind, state }) => kind === 'links' && state === 'running')?.pid ?? 0;
}

test('links are replaced too, and no request through them fails', async () => {
  const was = await runningLinks();
  load.take();
  const { code, stdout, stderr } = await site.run('upgrade');
  assert.equal(code, 0, `${stdout}${stderr}`);
  assert.match(stdout, /links: replaced by Turnout/);
  assert.notEqual(await runningLinks(), was);
  await sleep(1_000);
  const { reasons, ...numbers } = load.take();
  reportNumbers('an upgrade with links on', numbers);
  assert.ok(numbers.sent > 0);
  assert.deepEqual({ notOk: numbers.sent - numbers.ok, reasons }, { notOk: 0, reasons: [] });
});

test('every gift that was acknowledged through them is in the database', async () => {
  await load.stop();
  assert.ok(load.acknowledged.size > 0);
  assert.deepEqual(await missingGifts(site, load.acknowledged), []);
});
