import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { count, reportNumbers } from '../../support/prove.ts';
import { copySite, type TestSite } from '../../support/site-harness.ts';
import { Donations } from './donations.ts';
import { startFailoverLoad, type FailoverLoad } from './failover-load.ts';
import { differencesOf } from './ledger.ts';
import type { PhaseReport } from './phase.ts';

/** Gifts in a row before a phase is over: it is one under load, and it ends well. */
const GIFTS = count(60, 400);
const LONG_MS = 60_000;
const rounds = Array.from({ length: count(1, 6) }, (_, n) => ({ links: n % 2 === 1 }));

let load: FailoverLoad | null = null;
let site: TestSite | null = null;
afterEach(async () => {
  await load?.stop();
  await site?.close();
  load = null;
  site = null;
});

for (const [n, { links }] of rounds.entries()) {
  const title = `round ${n + 1}, links ${links ? 'on' : 'off'}`;
  test(`${title}: the replica and then the primary are lost for good under load`, async () => {
    const campaign = await copySite('examples/campaign');
    site = campaign;
    if (links) await campaign.write('site.yaml', `${campaign.read('site.yaml')}\nlinks: on\n`);
    await campaign.up();
    const donations = new Donations(campaign);
    await donations.inSync();
    load = startFailoverLoad(await campaign.origin(), await someEvent(campaign));
    const phases = await loseBothInTurn(campaign, donations, load, links);
    for (const [phase, numbers] of Object.entries(phases)) {
      reportNumbers(`${title}: ${phase}`, numbers);
    }
    const differences = await differencesOf(campaign, load.ledger);
    reportNumbers(`${title}: ledger`, { acknowledged: load.ledger.size, ...differences });
    assert.deepEqual(differences, { lost: [], mistaken: [], double: [] });
    assertAsPromised(phases);
  });
}

type Phases = Readonly<Record<PhaseName, PhaseReport>>;
type PhaseName = 'well' | 'alone' | 'reseeding' | 'lost' | 'promoted' | 'rolled' | 'whole';

/** Each phase ends with gifts that are taken, or kept while there is no primary. */
async function loseBothInTurn(
  site: TestSite,
  donations: Donations,
  load: FailoverLoad,
  links: boolean,
): Promise<Phases> {
  const givesOn = async (phase: string): Promise<PhaseReport> => {
    await eventually(`gifts: ${phase}`, () => load.inARow() >= GIFTS, LONG_MS);
    return load.nextPhase();
  };
  const well = await givesOn('well');

  const first = await donations.member('primary');
  const second = await donations.member('replica');
  await donations.wreck(second);
  await donations.until('redundancy is lost', ({ durability }) => durability === 'lost');
  assert.match((await site.run('status')).stdout, /redundancy lost/);
  const alone = await givesOn('alone');

  await donations.command('reseed', second);
  await donations.inSync();
  const reseeding = await givesOn('reseeding');

  await donations.wreck(first);
  await site.until('it is said that the primary is lost', ({ notes }) =>
    notes.some(({ code, about }) => code === 'primary-lost' && about === 'donations'),
  );
  const { stdout: told } = await site.run('status');
  assert.match(told, /turnout resource promote donations/);
  const lost = load.nextPhase();

  const before = await donations.instances();
  const promotion = JSON.parse(await donations.command('promote', '--yes', '--json')) as {
    readonly to: string;
    readonly loss: { readonly kind: string };
  };
  assert.deepEqual([promotion.to, promotion.loss.kind], [second, 'none']);
  const promoted = await givesOn('promoted');
  // Links lead to the new primary by themselves; without them services are told of it anew.
  if (links) assert.deepEqual(await donations.instances(), before);
  else await donations.replaced(before);
  const rolled = await givesOn('rolled');

  await donations.command('reseed', first);
  await donations.inSync();
  const whole = await givesOn('whole');
  await load.stop();
  return { well, alone, reseeding, lost, promoted, rolled, whole };
}

/** What the manifests promise in each phase; how long anything took is reported only. */
function assertAsPromised(phases: Phases): void {
  for (const [phase, { reads, failedReads, failedWrites, reasons }] of Object.entries(phases)) {
    assert.ok(reads > 0, phase);
    assert.deepEqual([failedReads, failedWrites], [0, 0], `${phase}: ${reasons.join('; ')}`);
  }
  for (const phase of ['well', 'alone', 'reseeding', 'rolled', 'whole'] as const) {
    const { kept, unknown } = phases[phase];
    assert.deepEqual([kept, unknown], [0, 0], `${phase}: each write is done at once`);
  }
  const { lost, promoted } = phases;
  assert.ok(lost.kept > 0, 'without a primary, gifts are kept');
  assert.equal(promoted.unknown, 0);
}

async function someEvent(site: TestSite): Promise<string> {
  const answer = await fetch(`${await site.origin()}/api/events`);
  const { events } = (await answer.json()) as { events: readonly { readonly id: string }[] };
  assert.ok(events[0] !== undefined);
  return `/api/events/${events[0].id}`;
}
