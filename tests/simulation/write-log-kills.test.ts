import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openLogWrites } from '../../src/adapters/log/writes.ts';
import type { Writes } from '../../src/ports/writes/port.ts';
import { eventually } from '../support/eventually.ts';
import { count, reportNumbers } from '../support/prove.ts';
import { testSeed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { AppendOrder } from './write-worker.fixture.ts';

const FIXTURE = join(import.meta.dirname, 'write-worker.fixture.ts');
const WORKERS = 3;
const CLIENTS = 12;

/** A worker that is started anew whenever it has been killed. */
class Worker {
  readonly #arguments: readonly string[];
  #process: ChildProcess;
  #starts = 0;
  #isReady = false;
  #stopped = false;

  constructor(folder: string, deliveries: string, number: number) {
    this.#arguments = [folder, `worker-${number}`, deliveries];
    this.#process = this.#start();
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  kill(): void {
    this.#isReady = false;
    this.#process.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.kill();
    await exit;
  }

  /** True when the worker acknowledged; false when it died first, and nobody knows. */
  append(order: AppendOrder): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const child = this.#process;
    const settle = (acknowledged: boolean): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(acknowledged);
    };
    const onMessage = (message: AppendOrder): void => {
      if (message.key === order.key && message.sequence === order.sequence) settle(true);
    };
    const onExit = (): void => settle(false);
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.send(order, (error) => {
      if (error !== null) settle(false);
    });
    return promise;
  }

  #start(): ChildProcess {
    this.#starts += 1;
    const [folder = '', name = '', deliveries = ''] = this.#arguments;
    const child = fork(FIXTURE, [folder, `${name}.${this.#starts}`, deliveries]);
    child.setMaxListeners(0);
    child.once('message', () => {
      if (child === this.#process) this.#isReady = true;
    });
    child.once('exit', (code) => {
      this.#isReady = false;
      // Killed, it comes back; one that fails by itself is seen by those who wait for it.
      if (!this.#stopped && code === null) this.#process = this.#start();
    });
    return child;
  }
}

interface Client {
  readonly key: string;
  readonly acknowledged: number[];
  readonly unknown: number[];
}

/** Writes 1, 2, 3 … for one key, each through any worker, never the next before the answer. */
async function runClient(
  client: Client,
  workers: readonly Worker[],
  pick: (below: number) => number,
  isOver: () => boolean,
): Promise<void> {
  for (let sequence = 1; !isOver(); sequence += 1) {
    const ready = workers.filter((worker) => worker.isReady);
    const worker = ready[pick(Math.max(1, ready.length))];
    if (worker === undefined) {
      await delay(5);
      sequence -= 1;
      continue;
    }
    const order = { key: client.key, sequence };
    const list = (await worker.append(order)) ? client.acknowledged : client.unknown;
    list.push(sequence);
    await delay(10);
  }
}

interface Received {
  readonly delivered: Map<string, number[]>;
  readonly deliveredAfterSettled: number;
}

function readDeliveries(file: string): Received {
  const delivered = new Map<string, number[]>();
  const settled = new Set<string>();
  let deliveredAfterSettled = 0;
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const [verb, key = '', sequence] = line.split(' ');
    const name = `${key} ${sequence}`;
    if (verb === 'settled') settled.add(name);
    else {
      if (settled.has(name)) deliveredAfterSettled += 1;
      delivered.set(key, [...(delivered.get(key) ?? []), Number(sequence)]);
    }
  }
  return { delivered, deliveredAfterSettled };
}

/** Resolves when the queue is empty; fails when it stops shrinking. */
async function drained(writes: Writes): Promise<void> {
  const { depth } = await writes.stats();
  if (depth === 0) return;
  await eventually(
    `fewer than ${depth} writes are left`,
    async () => {
      await delay(20);
      return (await writes.stats()).depth < depth;
    },
    30_000,
  );
  await drained(writes);
}

test('killed appenders and drainers lose nothing acknowledged and keep keys in order', async () => {
  const { randomness } = testSeed('kills');
  const folder = await temporaryFolder('kills');
  const deliveries = join(folder, 'deliveries');
  const workers = Array.from({ length: WORKERS }, (_, n) => new Worker(folder, deliveries, n));
  let isOver = false;
  after(() => {
    isOver = true;
    return Promise.all(workers.map((worker) => worker.stop()));
  });
  const kills = count(8, 200);
  const clients = Array.from({ length: CLIENTS }, (_, n): Client => {
    return { key: `key-${n}`, acknowledged: [], unknown: [] };
  });
  const running = clients.map((client) =>
    runClient(
      client,
      workers,
      (below) => randomness.integer(below),
      () => isOver,
    ),
  );
  for (let kill = 0; kill < kills; kill += 1) {
    const victim = workers[randomness.integer(WORKERS)];
    await eventually('the victim runs', () => victim?.isReady, 30_000);
    await delay(20 + randomness.integer(250));
    victim?.kill();
  }
  isOver = true;
  await Promise.all(running);
  const writes = await openLogWrites({ path: join(folder, 'writes') });
  after(() => writes.close());
  await drained(writes);
  await Promise.all(workers.map((worker) => worker.stop()));
  const { damage } = await writes.stats();
  assert.deepEqual(
    damage.filter(({ kind }) => kind === 'damaged'),
    [],
  );

  const { delivered, deliveredAfterSettled } = readDeliveries(deliveries);
  let acknowledged = 0;
  let unknown = 0;
  let repeated = 0;
  for (const client of clients) {
    const got = delivered.get(client.key) ?? [];
    const once = [...new Set(got)];
    const lost = client.acknowledged.filter((sequence) => !once.includes(sequence));
    assert.deepEqual(lost, [], `${client.key}: acknowledged and never delivered`);
    assert.deepEqual(
      got,
      got.toSorted((a, b) => a - b),
      `${client.key}: in order`,
    );
    const known = new Set([...client.acknowledged, ...client.unknown]);
    assert.ok(
      once.every((sequence) => known.has(sequence)),
      `${client.key}: nothing invented`,
    );
    acknowledged += client.acknowledged.length;
    unknown += client.unknown.length;
    repeated += got.length - once.length;
  }
  assert.equal(deliveredAfterSettled, 0, 'what was settled is not replayed');
  const logsLeft = readdirSync(join(folder, 'writes', 'logs')).length;
  reportNumbers('write log, kill -9', { kills, acknowledged, unknown, repeated, logsLeft });
});
