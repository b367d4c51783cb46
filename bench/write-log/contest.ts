import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { openLogWrites } from '../../src/adapters/log/writes.ts';
import type { PeerData } from './peer-thread.ts';

export const BODY_BYTES = 1024;
const ROUND_MS = Number(process.env['ROUND_MS'] ?? 1_000);

/** Who makes writes of 1 KiB durable. */
export interface Contestant {
  readonly name: string;
  append(body: Uint8Array): Promise<unknown>;
  close(): Promise<void>;
}

/** Sends the bodies of one turn of the event loop together, as the write log does. */
export function startPeer(kind: PeerData['kind'], folder: string): Contestant {
  const script = new URL('./peer-thread.ts', import.meta.url);
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

export interface Measured {
  readonly perSecond: number;
  readonly loopP99Ms: number;
}

/** Keeps so many writes waiting for a round. */
export async function measure(contestant: Contestant, waiters: number): Promise<Measured> {
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

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** `depth` is how many writes it holds by now. */
export async function startLog(folder: string): Promise<Contestant & { depth(): Promise<number> }> {
  const writes = await openLogWrites({ path: join(folder, 'writes'), limitBytes: 1e12 });
  let number = 0;
  return {
    name: 'log',
    append(body) {
      number += 1;
      return writes.append({ feature: 'shop.buy', key: `key-${number}`, body, forMs: 60_000 });
    },
    depth: async () => (await writes.stats()).depth,
    close: () => writes.close(),
  };
}
