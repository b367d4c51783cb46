import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openSqliteState } from '../../src/adapters/sqlite/state.ts';
import type { LinkFault } from '../../src/contract/links.ts';
import type { SiteStatus } from '../../src/contract/status.ts';
import { setLinkFault } from '../../src/controller/site/site-links.ts';
import { readLinks } from '../../src/profiles/read-links.ts';
import { missingGifts } from '../support/campaign-database.ts';
import { eventually } from '../support/eventually.ts';
import { count, reportNumbers } from '../support/prove.ts';
import { copySite, type TestSite } from '../support/site-harness.ts';
import { startCampaignLoad } from './kills/campaign-load.ts';

const KILLS = count(2, 20);
const PRIMARY = { service: 'donations', need: 'db', server: 'primary' };

let site: TestSite;
let manifest: string;
const acknowledged = new Set<string>();

before(async () => {
  site = await copySite('examples/campaign');
  manifest = site.read('site.yaml');
  await site.write('site.yaml', `${manifest}\nlinks: on\n`);
  await site.up();
});

after(() => site?.close());

async function give(): Promise<number> {
  // Somebody else each time: whose gift waits in the queue gives behind it.
  const email = `${randomUUID()}@example.org`;
  const answer = await fetch(`${await site.origin()}/api/donations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': `"${randomUUID()}"` },
    body: JSON.stringify({ amount: 700, currency: 'USD', name: 'Ada', email }),
    signal: AbortSignal.timeout(10_000),
  });
  const body = await answer.text();
  if (answer.status === 201) acknowledged.add((JSON.parse(body) as { id: string }).id);
  return answer.status;
}

async function primary() {
  const { links } = await readLinks(site.folder);
  const link = links.find(
    ({ service, need, server }) => service === 'donations' && need === 'db' && server === 'primary',
  );
  assert.ok(link, 'there is a link to the database');
  return link;
}

async function linksPid(): Promise<number> {
  const found = await eventually('the links run', async () => (await readLinks(site.folder)).pid);
  return found;
}

async function setFault(fault: LinkFault | null): Promise<void> {
  const state = await openSqliteState({ folder: site.folder.root });
  await setLinkFault(state, PRIMARY, fault);
  await state.close();
}

/** What the instances of donations were told. */
async function toldNeeds(): Promise<readonly string[]> {
  const { services } = await site.status();
  const donations = services.find(({ service }) => service === 'donations');
  return (donations?.instances ?? []).map(({ pid }) => {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return environment.find((variable) => variable.startsWith('NEED_DB_URL=')) ?? '';
  });
}

const givesAgain = () => eventually('gifts are taken', async () => (await give()) === 201, 20_000);

test('a donation goes through the link, which counts it', async () => {
  const { port, bytesToTarget } = await primary();
  assert.equal(await give(), 201);
  for (const told of await toldNeeds()) assert.match(told, new RegExp(`@127\\.0\\.0\\.1:${port}/`));
  await eventually('it is counted', async () => (await primary()).bytesToTarget > bytesToTarget);
});

test('turnout links shows each link, with and without the controller', async () => {
  const { stdout, code } = await site.run('links');
  assert.equal(code, 0);
  const { port, target } = await primary();
  assert.match(
    stdout,
    new RegExp(`donations +db +primary +127.0.0.1:${port} +${target.host}:${target.port} +open`),
  );
  const json = JSON.parse((await site.run('links', '--json')).stdout) as { on: boolean };
  assert.equal(json.on, true);
});

test('kill -9 of the links cuts what they carry; they are back on their ports', async () => {
  const rows: Record<string, unknown>[] = [];
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const { port } = await primary();
    const pid = await linksPid();
    const startedMs = performance.now();
    process.kill(pid, 'SIGKILL');
    const now = await eventually('another process', async () => {
      const report = await readLinks(site.folder);
      return report.pid !== null &&
        report.pid !== pid &&
        report.links.every(({ state }) => state === 'open')
        ? report.pid
        : null;
    });
    rows.push({ kill, backMs: Math.round(performance.now() - startedMs) });
    assert.notEqual(now, pid);
    assert.equal((await primary()).port, port);
    await givesAgain();
  }
  reportNumbers('links killed', { kills: rows });
});

test('with keeper and controller dead the links go on, and the next up adopts them', async () => {
  const pid = await linksPid();
  const controller = await site.pid('controller');
  process.kill(await site.pid('keeper'), 'SIGKILL');
  process.kill(controller, 'SIGKILL');
  assert.equal(await give(), 201);
  const { code, stdout } = await site.run('links');
  assert.equal(code, 0);
  assert.match(stdout, /open/);
  await site.up();
  assert.equal(await give(), 201);
  assert.equal(await linksPid(), pid);
});

test('a link that is cut opens by itself', async () => {
  assert.equal(await give(), 201);
  await setFault({ kind: 'cut', untilMs: Date.now() + 2_500, who: 'test', why: 'to see' });
  await eventually('it is cut', async () => (await primary()).state === 'cut');
  assert.notEqual(await give(), 201);
  await eventually('it is open', async () => (await primary()).state === 'open');
  await givesAgain();
  // What nobody asks stays on its rung for a while, and would be there when the load begins.
  const origin = await site.origin();
  const isWell = ({ features }: SiteStatus): boolean => {
    void give().catch(() => undefined);
    for (const what of ['total', 'leaders']) {
      const url = `${origin}/api/donations/${what}?n=${randomUUID()}`;
      void fetch(url).then((answer) => answer.text());
    }
    return features.every(({ rung }) => rung === null);
  };
  await site.until('every feature is as promised again', isWell, 60_000);
});

test('switched off under load, instances are rolled over and then the links end', async () => {
  const load = startCampaignLoad(await site.origin(), { connections: 8, pauseMs: 20 });
  const { port } = await primary();
  const { pid } = await readLinks(site.folder);
  await site.write('site.yaml', manifest);
  const { code, stderr } = await site.run('reload');
  assert.equal(code, 0, stderr);
  await eventually('the links are off', async () => !(await readLinks(site.folder)).on, 40_000);
  await eventually('their process is gone', () => linksAreGone(pid ?? 0));
  for (const told of await toldNeeds()) assert.doesNotMatch(told, new RegExp(`:${port}/`));
  const { sent, ok, reasons } = await load.stop();
  for (const id of load.acknowledged) acknowledged.add(id);
  assert.deepEqual({ notOk: sent - ok, reasons }, { notOk: 0, reasons: [] });
  assert.ok(sent > 0);
});

test('switched on again, each link has the port it had', async () => {
  const { port } = await primary();
  await site.write('site.yaml', `${manifest}\nlinks: on\n`);
  const { code, stderr } = await site.run('reload');
  assert.equal(code, 0, stderr);
  assert.equal(await give(), 201);
  assert.equal((await primary()).port, port);
  assert.equal((await primary()).state, 'open');
});

test('every gift that was acknowledged is in the database', async () => {
  assert.ok(acknowledged.size > KILLS);
  assert.deepEqual(await missingGifts(site, acknowledged), []);
});

async function linksAreGone(pid: number): Promise<boolean> {
  const { processes } = await site.status();
  return !processes.some(({ kind }) => kind === 'links') && !isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
