import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, test } from 'node:test';

import { findRunningServer } from '../../../src/controller/resources/postgres/running-server.ts';
import type { QueueReport } from '../../../src/contract/write-report.ts';
import { askDatabase } from '../../support/campaign-database.ts';
import { eventually } from '../../support/eventually.ts';
import { count, reportNumbers } from '../../support/prove.ts';
import { copySite, type TestSite } from '../../support/site-harness.ts';
import { Donations } from '../campaign-failover/donations.ts';
import { DOMAIN, type Givers, startGivers, type ToldGift } from './givers.ts';

const ROUNDS = count(1, 25);
const KEPT_EACH = count(20, 60);
const SUPPORTERS = 10;
const LONG_MS = 120_000;

let site: TestSite | null = null;
let givers: Givers | null = null;
afterEach(async () => {
  await givers?.stop();
  await site?.close();
});

test('no gift is lost or doubled while its database is killed, and workers with it', async () => {
  site = await copySite('examples/campaign');
  await site.up();
  const campaign = site;
  const donations = new Donations(campaign);
  await donations.inSync();
  const load = startGivers(await campaign.origin(), SUPPORTERS);
  givers = load;
  await eventually('gifts are taken', () => load.ledger.length >= SUPPORTERS);
  let workersKilled = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = load.kept();
    const primary = await donations.member('primary');
    const dataFolder = join(campaign.folder.resources, 'donations', primary, 'data');
    await eventually(
      `round ${round}: gifts are kept`,
      async () => {
        await killAgain(dataFolder);
        await sleep(20);
        return load.kept() >= before + KEPT_EACH;
      },
      LONG_MS,
    );
    // Whoever replays, and whoever has accepted: both die at some moment of it.
    for (const worker of ['worker-1', 'worker-2']) {
      const pid = await campaign.pid(worker).catch(() => null);
      if (pid === null) continue;
      process.kill(pid, 'SIGKILL');
      workersKilled += 1;
      await sleep(300 * Math.random());
    }
    await eventually('gifts are taken again', () => nowTaken(load), LONG_MS);
  }
  await load.stop();
  await eventually('the queue is empty', async () => isEmpty(await queueOf(campaign)), LONG_MS);
  const kept = load.ledger.filter(({ told }) => told.kind === 'kept');
  const numbers = { told: load.ledger.length, kept: kept.length, workersKilled, rounds: ROUNDS };
  const others = Object.fromEntries(load.others);
  reportNumbers('gifts through a lost database', { ...numbers, others });
  assert.ok(kept.length >= ROUNDS * KEPT_EACH);
  await assertLedgerHolds(campaign, load.ledger);
  await assertTold(await campaign.origin(), kept.slice(-20));
  assert.equal((await queueOf(campaign)).deadLetters, 0);
});

/** Down it stays: what is started in its place is killed as well. */
async function killAgain(dataFolder: string): Promise<void> {
  const server = await findRunningServer(dataFolder);
  if (server === null || server === undefined) return;
  try {
    process.kill(server.process.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function nowTaken({ ledger }: Givers): boolean {
  const last = ledger.slice(-SUPPORTERS);
  return last.length === SUPPORTERS && last.every(({ told }) => told.kind === 'done');
}

async function queueOf(campaign: TestSite): Promise<QueueReport> {
  const { code, stdout, stderr } = await campaign.run('writes', 'status', '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as QueueReport;
}

function isEmpty({ waiting }: QueueReport): boolean {
  return waiting === 0;
}

/** Each gift that was thanked for is there, none is there twice, and they are in order. */
async function assertLedgerHolds(campaign: TestSite, ledger: readonly ToldGift[]): Promise<void> {
  const rows = await askDatabase<{ name: string; email: string; amount: number }>(
    campaign,
    `select name, email, amount_cents as amount from donations where email like $1
     order by created_at, id`,
    [`%@${DOMAIN}`],
  );
  const times = new Map<string, number>();
  for (const { name } of rows) times.set(name, (times.get(name) ?? 0) + 1);
  const lost = ledger.filter(({ name }) => !times.has(name)).map(({ name }) => name);
  const double = [...times].filter(([, there]) => there > 1).map(([name]) => name);
  assert.deepEqual({ lost, double }, { lost: [], double: [] });
  for (const email of new Set(rows.map((row) => row.email))) {
    const amounts = rows.filter((row) => row.email === email).map(({ amount }) => amount);
    assert.deepEqual(
      amounts,
      amounts.toSorted((a, b) => a - b),
      `the order of ${email}`,
    );
  }
}

/** Who was told that a gift is kept finds out that it was taken. */
async function assertTold(origin: string, kept: readonly ToldGift[]): Promise<void> {
  for (const { told, amount, name } of kept) {
    if (told.kind !== 'kept') continue;
    const answer = await fetch(`${origin}${told.statusPath}`);
    assert.equal(answer.status, 201, name);
    assert.equal(((await answer.json()) as { amountCents: number }).amountCents, amount);
  }
}
