import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { reportNumbers } from '../tests/support/prove.ts';
import { measure, median, startLog, startPeer } from './write-log/contest.ts';
import { startHttp } from './write-log/http-contest.ts';
import { syncTimes } from './write-log/sync-times.ts';

/*
 * Durable queued writes of 1 KiB beside a bare append and fdatasync, each with one sync for all
 * that wait, in turns. First the log that they are kept in; exits 1 where with 256 waiting the
 * median of rounds is below half of the bare one. Then over HTTP, from a request to its 202: a
 * worker whose service is lost, with all of its stages, beside a server of Node.js that appends
 * barely, each on one core. That is bound by the processor and reported only. Times depend on
 * the disk: trust the ratios.
 */
const ROUNDS = Number(process.env['ROUNDS'] ?? 7);
const WAITERS = [64, 256, 512];
const JUDGED_WAITERS = 256;
const LEAST = 0.5;
const HTTP_SECONDS = 2;

process.once('SIGTERM', () => process.exit(143));
const folder = await mkdtemp(join(tmpdir(), 'turnout-bench-'));
try {
  reportNumbers('fdatasync of 1 KiB alone, milliseconds', syncTimes(folder));
  await compareLogs();
  await compareHttp();
} finally {
  await rm(folder, { recursive: true });
}

async function compareLogs(): Promise<void> {
  const log = await startLog(folder);
  const bare = startPeer('bare', folder);
  for (const waiters of WAITERS) {
    const rounds = await inTurns(
      async () => (await measure(log, waiters)).perSecond,
      async () => (await measure(bare, waiters)).perSecond,
    );
    reportNumbers('the log of queued writes beside a bare append and fdatasync', {
      waiters,
      ...rounds,
      least: waiters === JUDGED_WAITERS ? LEAST : null,
    });
    if (waiters === JUDGED_WAITERS && !(rounds.ofBare >= LEAST)) process.exitCode = 1;
  }
  reportNumbers('writes that the log holds by then', { depth: await log.depth() });
  await Promise.all([log.close(), bare.close()]);
}

async function compareHttp(): Promise<void> {
  const gateway = await startHttp('gateway', folder);
  const bare = await startHttp('bare', folder);
  try {
    const rounds = await inTurns(
      () => gateway.perSecond(JUDGED_WAITERS, HTTP_SECONDS),
      () => bare.perSecond(JUDGED_WAITERS, HTTP_SECONDS),
    );
    reportNumbers('queued writes over HTTP beside a bare server', {
      waiters: JUDGED_WAITERS,
      ...rounds,
    });
  } finally {
    await Promise.all([gateway.close(), bare.close()]);
  }
}

interface Rounds {
  readonly perSecond: number;
  readonly barePerSecond: number;
  /** The median of the ratios of rounds, and all of them. */
  readonly ofBare: number;
  readonly ratios: readonly number[];
}

/** In turns, so that a slow moment of the machine meets both; the first is not counted. */
async function inTurns(own: () => Promise<number>, bare: () => Promise<number>): Promise<Rounds> {
  const owns: number[] = [];
  const bares: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const rates = [await own(), await bare()] as const;
    if (round === 0) continue;
    owns.push(rates[0]);
    bares.push(rates[1]);
  }
  const ratios = owns.map((rate, round) => rounded(rate / (bares[round] ?? Number.NaN)));
  return {
    perSecond: Math.round(median(owns)),
    barePerSecond: Math.round(median(bares)),
    ofBare: median(ratios),
    ratios,
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
