import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { openLogWrites } from '../src/adapters/log/writes.ts';
import { percentilesOf } from '../tests/support/percentiles.ts';
import type { PeerData } from './write-log/peer-thread.ts';

/*
 * Durable appends of 1 KiB a second, by how many wait at a time, side by side in one run: the write
 * log, a bare append and fdatasync, and SQLite in WAL mode with synchronous FULL. All three in a
 * thread, all three with one commit for all that wait. Times depend on the disk: trust the ratios.
 */
const BODY_BYTES = 1024;
const ROUND_MS = Number(process.env['ROUND_MS'] ?? 1_000);
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const WAITERS = [1, 64, 256, 512];

interface Contestant {
  readonly name: string;
  append(body: Uint8Array): Promise<unknown>;
  close(): Promise<void>;
}

/** Sends the bodies of one turn of the event loop together, as the write log does. */
function startPeer(kind: PeerData['kind'], folder: string): Contestant {
  const script = new URL('./write-log/peer-thread.ts', import.meta.url);
  const worker = new Worker(script, { workerData: { kind, file: join(folder, kind) } });
  const pending = new Map<number, readonly (() => void)[]>();
  let waiting: { readonly body: Uint8Array; readonly resolve: () => void }[] = [];
  let lastId = 0;
  worker.on('message', (ids: readonly number[]) => {
    for (const id of ids) {
      for (const resolve of pending.get(id) ?? []) resolve();
      pending.delete(id);
    }
  });
  const send = (): void => {
    const batch = waiting;
    waiting = [];
    lastId += 1;
    const bodies = Buffer.allocUnsafeSlow(batch.length * BODY_BYTES);
    for (const [index, { body }] of batch.entries()) bodies.set(body, index * BODY_BYTES);
    pending.set(
      lastId,
      batch.map(({ resolve }) => resolve),
    );
    worker.postMessage({ id: lastId, size: BODY_BYTES, bodies }, [bodies.buffer]);
  };
  return {
    name: kind,
    append(body) {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (waiting.push({ body, resolve }) === 1) setImmediate(send);
      return promise;
    },
    async close() {
      await worker.terminate();
    },
  };
}

async function startLog(folder: string): Promise<Contestant> {
  const writes = await openLogWrites({ path: join(folder, 'writes'), limitBytes: 1e12 });
  let number = 0;
  return {
    name: 'log',
    append(body) {
      number += 1;
      return writes.append({ feature: 'shop.buy', key: `key-${number}`, body, forMs: 60_000 });
    },
    close: () => writes.close(),
  };
}

interface Measured {
  readonly perSecond: number;
  readonly loopP99Ms: number;
}

async function measure(contestant: Contestant, waiters: number): Promise<Measured> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const body = new Uint8Array(BODY_BYTES).fill(120);
  const startedMs = performance.now();
  const endMs = startedMs + ROUND_MS;
  let appended = 0;
  delay.enable();
  const wait = async (): Promise<void> => {
    while (performance.now() < endMs) {
      await contestant.append(body);
      appended += 1;
    }
  };
  await Promise.all(Array.from({ length: waiters }, wait));
  delay.disable();
  const seconds = (performance.now() - startedMs) / 1_000;
  return { perSecond: appended / seconds, loopP99Ms: delay.percentile(99) / 1e6 };
}

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

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

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
