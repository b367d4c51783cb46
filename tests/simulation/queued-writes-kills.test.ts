import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { openFilesystemBlobs } from '../../src/adapters/filesystem/blobs.ts';
import { openLogWrites } from '../../src/adapters/log/writes.ts';
import { openSqliteState } from '../../src/adapters/sqlite/state.ts';
import { CONFIGURATION_KEY } from '../../src/contract/keys.ts';
import { eventually } from '../support/eventually.ts';
import { count, reportNumbers } from '../support/prove.ts';
import { queueConfiguration } from '../support/queue-site.ts';
import { testSeed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { OwnStage } from './queued-worker.fixture.ts';

const FIXTURE = join(import.meta.dirname, 'queued-worker.fixture.ts');
const CLIENTS = 4;
const TURNS = count(1, 20);
const PAUSE_MS = 60;
const LONG_MS = 60_000;

/** Where a worker is killed on the way of a write, in the order of that way. */
const stages = [
  'received',
  'logged',
  'synced',
  'answered',
  'claimed',
  'sent',
  'committed',
  'acknowledged',
] as const;
type Stage = (typeof stages)[number];
const own: ReadonlySet<Stage> = new Set<OwnStage>(['logged', 'synced', 'claimed', 'acknowledged']);

/** A worker process that is started anew whenever it has died. */
class Mortal {
  port = 0;
  deaths = 0;
  #process: ChildProcess | null = null;
  #isOver = false;
  readonly #arguments: readonly string[];

  constructor(folder: string, name: string) {
    this.#arguments = [folder, name];
    this.#start();
  }

  arm(stage: Stage | 'none'): void {
    if (this.#process?.connected === true) this.#process.send(stage);
  }

  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    const child = this.#process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  #start(): void {
    this.#process = fork(FIXTURE, this.#arguments, { execArgv: ['--conditions=turnout-source'] });
    this.#process.on('message', (message: { port: number }) => (this.port = message.port));
    this.#process.on('error', () => undefined);
    this.#process.once('exit', () => {
      this.port = 0;
      this.deaths += 1;
      if (!this.#isOver) this.#start();
    });
  }
}

/** A service that does each write once, by its key, and can lose its database. */
class Service {
  isWell = true;
  /** What was done, in order. */
  readonly done: { readonly name: string; readonly by: string }[] = [];
  /** Called at these moments of a replay, and of a first try. */
  at: (moment: 'received' | 'sent' | 'committed') => void = () => undefined;
  readonly #keys = new Set<string>();
  readonly #server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += String(chunk);
    const isReplay = req.headers['turnout-replay'] !== undefined;
    this.at(isReplay ? 'sent' : 'received');
    if (!this.isWell) {
      res.writeHead(503).end();
      return;
    }
    const key = String(req.headers['idempotency-key']);
    if (!this.#keys.has(key)) {
      this.#keys.add(key);
      const { name, email } = JSON.parse(body) as { name: string; email: string };
      this.done.push({ name, by: email });
    }
    if (isReplay) this.at('committed');
    res.writeHead(201).end();
  });

  async open(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

test('no write is lost or doubled, wherever on its way a worker is killed', async () => {
  const { randomness } = testSeed('kills of workers that queue');
  const folder = await temporaryFolder('queued-kills');
  const service = new Service();
  const port = await service.open();
  const state = await openSqliteState({ folder });
  const blobs = await openFilesystemBlobs({ folder: join(folder, 'blobs') });
  const configuration = queueConfiguration(port, {}, {});
  const digest = await blobs.put(Buffer.from(JSON.stringify(configuration)));
  await state.put(CONFIGURATION_KEY, { digest, model: configuration.model });
  const workers = [new Mortal(folder, 'a'), new Mortal(folder, 'b')];
  const stopping = new AbortController();
  after(async () => {
    stopping.abort();
    await Promise.all(workers.map((worker) => worker.stop()));
    service.close();
    await state.close();
  });
  await eventually('both serve', () => workers.every((worker) => worker.port > 0), LONG_MS);

  const told = new Map<string, 'done' | 'kept'>();
  let onKept: (worker: Mortal) => void = () => undefined;
  const give = async (client: number): Promise<void> => {
    for (let n = 0; !stopping.signal.aborted; n += 1) {
      const name = `${client}.${n}`;
      // A new order now and then, for a write of one that waits is not tried first.
      const body = JSON.stringify({ email: `${client}.${n >> 2}@x.example`, name });
      const key = `"${randomUUID()}"`;
      for (;;) {
        const worker = workers[randomness.integer(workers.length)] as Mortal;
        const answer = worker.port === 0 ? 0 : await post(worker.port, key, body);
        if (stopping.signal.aborted && answer === 0 && workers.every(({ port }) => port === 0))
          return;
        if (answer === 202) onKept(worker);
        if (answer === 201 || answer === 202) {
          told.set(name, answer === 201 ? 'done' : 'kept');
          break;
        }
        await sleep(20);
      }
      await sleep(PAUSE_MS);
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, client) => give(client));
  const killed: Record<string, number> = {};
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const stage of stages) {
      await killAt(stage);
      killed[stage] = (killed[stage] ?? 0) + 1;
    }
  }
  stopping.abort();
  service.isWell = true;
  await Promise.all(clients);
  const writes = await openLogWrites({ path: join(folder, 'writes') });
  after(() => writes.close());
  await eventually('all is carried out', async () => (await writes.stats()).depth === 0, LONG_MS);
  assert.equal((await writes.stats()).deadLetters, 0);
  reportNumbers('writes through kills of workers at each stage', {
    killed,
    deaths: workers.reduce((sum, { deaths }) => sum + deaths, 0),
    told: told.size,
    kept: [...told.values()].filter((how) => how === 'kept').length,
  });
  assertLedger(told, service.done);

  /** Lets a worker die at a stage of some write, with all of them serving before. */
  async function killAt(stage: Stage): Promise<void> {
    await eventually('both serve', () => workers.every((worker) => worker.port > 0), LONG_MS);
    const before = workers.map(({ deaths }) => deaths);
    const hasDied = (): boolean => workers.some(({ deaths }, n) => deaths > (before[n] ?? 0));
    service.isWell = false;
    // Something must wait before it can be replayed.
    await eventually('something is kept', () => keptOne(), LONG_MS);
    service.at = (moment) => {
      if (moment === stage && !hasDied()) for (const worker of workers) worker.kill();
    };
    onKept = (worker) => {
      if (stage === 'answered' && !hasDied()) worker.kill();
    };
    if (own.has(stage)) for (const worker of workers) worker.arm(stage);
    const isOfReplay = stages.indexOf(stage) >= stages.indexOf('claimed');
    if (isOfReplay) service.isWell = true;
    await eventually(`a worker dies: ${stage}`, hasDied, LONG_MS);
    for (const worker of workers) worker.arm('none');
    service.at = () => undefined;
    onKept = () => undefined;
  }

  function keptOne(): Promise<boolean> {
    return new Promise((resolve) => {
      onKept = () => resolve(true);
    });
  }
});

async function post(port: number, key: string, body: string): Promise<number> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/gifts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body,
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
}

function assertLedger(
  told: ReadonlyMap<string, string>,
  done: readonly { readonly name: string; readonly by: string }[],
): void {
  const times = new Map<string, number>();
  for (const { name } of done) times.set(name, (times.get(name) ?? 0) + 1);
  const lost = [...told.keys()].filter((name) => !times.has(name));
  const double = [...times].filter(([, n]) => n > 1).map(([name]) => name);
  assert.deepEqual({ lost, double }, { lost: [], double: [] });
  for (const by of new Set(done.map((one) => one.by))) {
    const order = done.filter((one) => one.by === by).map(({ name }) => Number(name.split('.')[1]));
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
      `the order of ${by}`,
    );
  }
}
