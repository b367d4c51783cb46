import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../tests/support/eventually.ts';
import { reportNumbers } from '../tests/support/prove.ts';
import { createSite } from '../tests/support/site-harness.ts';
import { closedGoodput, startTieredLoad, type TierCounts } from '../tests/support/tiered-load.ts';
import { tieredSite, tiers } from '../tests/support/tiered-site.ts';
import { plotGoodput } from './overload/plot-goodput.ts';

/**
 * `node bench/overload.ts [workers] [seconds] [plot.svg]`: a real site whose service can do about
 * 390 requests a second is asked for five times that, a third of each tier. First what it can do
 * for core alone is measured. Exits 1 where core gets less than 90 % of that, or sheddable more
 * than 1 % of it, once the overload has lasted ten seconds.
 */
const workers = Number(process.argv[2] ?? 1);
const seconds = Number(process.argv[3] ?? 40);
const plot = process.argv[4] ?? null;
const overload = 5;
const settleSeconds = 10;
const atLeast = 0.9;
const atMost = 0.01;

interface Second {
  readonly at: number;
  readonly counts: TierCounts;
}

const site = await createSite(tieredSite({ slots: 8, workMs: 20, workers }));
try {
  await site.up();
  const origin = await site.origin();
  await eventually('the service answers', async () => (await fetch(`${origin}/core/1`)).ok);
  const capacity = await closedGoodput(origin, 'core', { clients: 16, forMs: 6_000 });
  const offered = (capacity * overload) / tiers.length;
  const load = startTieredLoad(origin, { core: offered, important: offered, sheddable: offered });
  const course: Second[] = [];
  for (let at = 1; at <= seconds; at++) {
    await sleep(1_000);
    const counts = load.take();
    course.push({ at, counts });
    const cells = tiers.map((tier) => `${tier} ${counts[tier].good}/${counts[tier].sent}`);
    process.stdout.write(`${String(at).padStart(3)} s  ${cells.join('  ')}\n`);
  }
  load.stop();
  const after = await closedGoodput(origin, 'core', { clients: 16, forMs: 4_000 });
  judge(capacity, after, course);
  if (plot !== null) writeFileSync(plot, plotGoodput(capacity, overload, course));
} finally {
  await site.close();
}

function judge(capacity: number, after: number, course: readonly Second[]): void {
  const settled = course.filter(({ at }) => at > settleSeconds);
  const share = (tier: (typeof tiers)[number]): number => {
    const good = settled.reduce((sum, { counts }) => sum + counts[tier].good, 0);
    return good / settled.length / capacity;
  };
  const core = share('core');
  const sheddable = share('sheddable');
  const goodMs = settled.reduce((sum, { counts }) => sum + counts.core.goodMs, 0);
  const good = settled.reduce((sum, { counts }) => sum + counts.core.good, 0);
  reportNumbers(`overload of ${overload} times, ${workers} workers`, {
    coreAloneCapacity: Math.round(capacity),
    capacityAfter: Math.round(after),
    core: round(core),
    important: round(share('important')),
    sheddable: round(sheddable),
    coreMs: Math.round(goodMs / good),
    atLeast,
    atMost,
  });
  if (core < atLeast || sheddable > atMost) process.exitCode = 1;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
