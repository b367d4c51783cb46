import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { percentilesOf } from '../tests/support/percentiles.ts';
import {
  BODY_BYTES,
  type Measured,
  measure,
  median,
  startLog,
  startPeer,
} from './write-log/contest.ts';

/*
 * Durable appends of 1 KiB a second, by how many wait at a time, side by side in one run: the write
 * log, a bare append and fdatasync, and SQLite in WAL mode with synchronous FULL. All three in a
 * thread, all three with one commit for all that wait. Times depend on the disk: trust the ratios.
 */
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const WAITERS = [1, 64, 256, 512];

/** What one append and fdatasync of 1 KiB takes on this disk, alone. */
function syncTimes(folder: string): Readonly<Record<string, number>> {
  const fd = openSync(join(folder, 'alone'), 'a', 0o600);
  const body = new Uint8Array(BODY_BYTES);
  const times = Array.from({ length: 500 }, () => {
    writeSync(fd, body);
    const startedMs = performance.now();
    fdatasyncSync(fd);
    return performance.now() - startedMs;
  });
  closeSync(fd);
  return percentilesOf(times);
}

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
