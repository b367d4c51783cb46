import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Measured, measure, median, startLog, startPeer } from './write-log/contest.ts';
import { syncTimes } from './write-log/sync-times.ts';

/*
 * Durable appends of 1 KiB a second, by how many wait at a time, side by side in one run: the write
 * log, a bare append and fdatasync, and SQLite in WAL mode with synchronous FULL. All three in a
 * thread, all three with one commit for all that wait. Times depend on the disk: trust the ratios.
 */
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const WAITERS = [1, 64, 256, 512];

const folder = await mkdtemp(join(tmpdir(), 'turnout-bench-'));
const contestants = [
  await startLog(folder),
  startPeer('bare', folder),
  startPeer('sqlite', folder),
];
try {
  console.log('fdatasync of 1 KiB, ms:', syncTimes(folder));
  console.log('waiters   contestant   appends/s   of bare   event-loop p99 ms');
  for (const waiters of WAITERS) {
    const results = new Map<string, Measured[]>(contestants.map(({ name }) => [name, []]));
    // In turns, so that a slow moment of the machine meets all of them.
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const contestant of contestants) {
        const measured = await measure(contestant, waiters);
        if (round > 0) results.get(contestant.name)?.push(measured);
      }
    }
    const rates = new Map(
      [...results].map(([name, all]) => [name, median(all.map(({ perSecond }) => perSecond))]),
    );
    for (const [name, all] of results) {
      const rate = rates.get(name) ?? Number.NaN;
      const ratio = (rate / (rates.get('bare') ?? Number.NaN)).toFixed(2);
      const p99 = median(all.map(({ loopP99Ms }) => loopP99Ms)).toFixed(1);
      const cells = [name.padStart(13), rate.toFixed(0).padStart(12), ratio.padStart(10)];
      console.log(`${String(waiters).padStart(7)}${cells.join('')}${p99.padStart(20)}`);
    }
  }
} finally {
  for (const contestant of contestants) await contestant.close();
  await rm(folder, { recursive: true });
}
