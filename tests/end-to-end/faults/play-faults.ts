import { eventually } from '../../support/eventually.ts';
import { copySite, type TestSite } from '../../support/site-harness.ts';
import { declaredFeatures, type Lost, surelySeen } from './declared.ts';
import { differencesOf, type Differences } from './owed.ts';
import { reportOf, type FaultReport } from './fault-report.ts';
import type { SeenRung } from './rungs.ts';
import type { Sighting } from './sightings.ts';
import { type FaultName, SiteFaults } from './site-faults.ts';
import { startVisitors, type Visitors } from './visitors.ts';

/** Faults that come one after the other, and go together. */
export interface Scene {
  readonly name: string;
  readonly steps: readonly (readonly FaultName[])[];
}

export const aloneScenes: readonly Scene[] = [
  { name: 'the replicas', steps: [['replicas']] },
  { name: 'the primaries', steps: [['primaries']] },
  { name: 'both', steps: [['primaries', 'replicas']] },
  { name: 'the caches', steps: [['caches']] },
  { name: 'the disk of the writes', steps: [['disk']] },
];

export const accumulatingScene: Scene = {
  name: 'accumulating',
  steps: [['replicas'], ['primaries'], ['caches'], ['disk']],
};

export interface FaultsReport {
  readonly steps: readonly FaultReport[];
  readonly owed: Differences;
}

const LONG_MS = 90_000;
/** A step lasts so long at least, with all rungs in force. */
const HOLD_MS = 3_000;
const WELL_IN_A_ROW = 4;

/**
 * The campaign with its real databases and visitors of every feature, while parts of it are taken
 * away and given back. Says what visitors saw, and whether all that they were promised is there.
 */
export async function playFaults(
  scenes: readonly Scene[],
  told: (line: string) => void,
): Promise<FaultsReport> {
  const site = await copySite('examples/campaign');
  let visitors: Visitors | null = null;
  try {
    // Answers are fresh for a second, so that a loss is seen when it comes.
    const answers = 'shared/answers.ts';
    await site.write(answers, site.read(answers).replace('max-age=${seconds}', 'max-age=1'));
    const faults = await SiteFaults.prepare(site, 'campaign');
    await site.up();
    await untilWhole(site);
    visitors = await startVisitors(await site.origin());
    await untilWell(visitors, performance.now());
    const steps: FaultReport[] = [];
    for (const scene of scenes) {
      told(scene.name);
      steps.push(...(await playScene(scene, site, faults, visitors)));
    }
    await visitors.stop();
    const owed = await differencesOf(site, visitors.promises);
    return { steps, owed };
  } finally {
    await visitors?.stop();
    await site.close();
  }
}

async function playScene(
  { name, steps }: Scene,
  site: TestSite,
  faults: SiteFaults,
  visitors: Visitors,
): Promise<readonly FaultReport[]> {
  const begun: { readonly title: string; readonly lost: Lost; readonly atMs: number }[] = [];
  for (const [n, step] of steps.entries()) {
    const faultsSoFar = steps.slice(0, n + 1).flat();
    const lost: Lost = Object.fromEntries(faultsSoFar.map((fault) => [fault, true]));
    const atMs = performance.now();
    await faults.begin(step);
    begun.push({ title: steps.length === 1 ? name : `+ ${step.join(', ')}`, lost, atMs });
    await untilSeen(visitors, lost, performance.now());
    await new Promise((resolve) => setTimeout(resolve, HOLD_MS));
  }
  const undoneMs = performance.now();
  await faults.end();
  await untilWell(visitors, undoneMs);
  await untilWhole(site);
  await untilOnNoRung(site);
  await untilWell(visitors, performance.now());
  const endMs = performance.now();
  return begun.map(({ title, lost: inForce, atMs }, n) =>
    reportOf(title, visitors.seen, {
      lost: inForce,
      atMs,
      // What comes back is judged by what was lost last.
      untilMs: begun[n + 1]?.atMs ?? endMs,
      undoneMs: begun[n + 1] === undefined ? undoneMs : null,
    }),
  );
}

/** Every database is up, with every member and as durable as it is meant to be. */
async function untilWhole(site: TestSite): Promise<void> {
  await site.until(
    'every database is whole',
    ({ resources }) =>
      resources.every(
        ({ state, durability, members }) =>
          state === 'up' && durability !== 'lost' && members.every((each) => each.state === 'up'),
      ),
    LONG_MS,
  );
}

/** On all workers: what one of them still holds lost, a visitor of the next scene would see. */
async function untilOnNoRung(site: TestSite): Promise<void> {
  await site.until(
    'no feature is on a rung',
    ({ features }) => features.every(({ rung }) => rung === null),
    LONG_MS,
  );
}

/** Says what was seen last where that is not so in time. */
async function untilLast(
  { seen }: Visitors,
  feature: string,
  wanted: { readonly rung: SeenRung; readonly inARow: number; readonly sinceMs: number },
): Promise<void> {
  const { rung, inARow, sinceMs } = wanted;
  const last = (): readonly Sighting[] => seen.last(feature, inARow, sinceMs);
  const isSo = (): boolean => last().length === inARow && last().every((one) => one.rung === rung);
  await eventually(`${feature} is ${rung}`, isSo, LONG_MS).catch((error: unknown) => {
    throw new Error(`${feature} is not ${rung}: ${JSON.stringify(last())}`, { cause: error });
  });
}

/** Each feature is seen on the rung that the fault leaves it. */
async function untilSeen(visitors: Visitors, lost: Lost, sinceMs: number): Promise<void> {
  for (const declared of declaredFeatures) {
    const rung = surelySeen(declared, lost);
    if (rung === null) continue;
    await untilLast(visitors, declared.feature, { rung, inARow: 1, sinceMs });
  }
}

/** Each feature was answered by its service, some times in a row. */
async function untilWell(visitors: Visitors, sinceMs: number): Promise<void> {
  const wanted = { rung: 'service', inARow: WELL_IN_A_ROW, sinceMs } as const;
  for (const { feature } of declaredFeatures) await untilLast(visitors, feature, wanted);
}
