import assert from 'node:assert/strict';
import { test } from 'node:test';
import { supervisedPlan } from '../support/supervised-site.ts';
import { createSimulatedClock } from '../../src/adapters/simulated/clock.ts';
import { createSeededRandomness } from '../../src/adapters/simulated/randomness.ts';
import type { JobPlan } from '../../src/derive/release-plan/release-plan.ts';
import { createLog } from '../../src/lib/log.ts';
import type { JsonValue } from '../../src/lib/json.ts';
import type {
  Driver,
  InstanceExit,
  InstanceSpec,
  RunningInstance,
} from '../../src/ports/driver/port.ts';
import type { Journal } from '../../src/ports/journal/port.ts';
import type { Secrets } from '../../src/ports/secrets/port.ts';
import type { State } from '../../src/ports/state/port.ts';
import { versionOf } from '../../src/controller/supervisor/version.ts';
import type { JobState } from '../../src/controller/jobs/job-state.ts';
import { createJobs } from '../../src/controller/jobs/jobs.ts';

const release = { digest: 'sha256:1', directory: '/releases/1' };
const receipts: JobPlan = {
  job: 'receipts',
  schedule: { kind: 'every', everyMs: 60_000 },
  command: ['node', 'receipts.js'],
  deadlineMs: 30_000,
  overlap: 'skip',
};

/** A machine that outlives its controllers: what they kept, and what the driver runs. */
class Machine {
  readonly clock = createSimulatedClock(1_800_000_000_000);
  readonly kept = new Map<string, JsonValue>();
  readonly started: string[] = [];
  readonly #running = new Map<string, { spec: InstanceSpec; end: (exit: InstanceExit) => void }>();
  readonly #exits = new Map<string, Promise<InstanceExit>>();
  writable = true;
  /** How often the driver fails to stop a run. */
  failedStops = 0;

  finish(id: string, code: number): void {
    this.#running.get(id)?.end({ code, signal: null });
  }

  controller(plan = supervisedPlan({ jobs: [receipts] })) {
    const absent = () => Promise.reject(new Error('not in this test'));
    return createJobs({
      site: 'campaign',
      clock: this.clock,
      randomness: createSeededRandomness(this.started.length + 1),
      driver: this.#driver(),
      state: this.#state(),
      journal: { append: async () => ({}) } as unknown as Journal,
      secrets: { get: async () => null } as unknown as Secrets,
      resolveNeed: absent,
      flagsFile: '/flags.json',
      logsFolder: '/nowhere',
      log: createLog(2, 'test'),
      serving: () => versionOf(plan, release, {}),
    });
  }

  #driver(): Driver {
    const driver: Partial<Driver> = {
      start: async (spec) => {
        this.started.push(spec.id);
        const exit = new Promise<InstanceExit>((end) => this.#running.set(spec.id, { spec, end }));
        this.#exits.set(spec.id, exit);
        return this.#described(spec);
      },
      list: async () => [...this.#running.values()].map(({ spec }) => this.#described(spec)),
      waitForExit: (id, signal) =>
        new Promise((resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error));
          void this.#exits.get(id)?.then(resolve);
        }),
      lastLines: async () => [],
      forget: async (id) => void this.#running.delete(id),
      stop: async (id) => {
        if (this.failedStops-- > 0) throw new Error('no process can be started');
        this.#running.get(id)?.end({ code: null, signal: 'SIGKILL' });
        return { code: null, signal: 'SIGKILL' };
      },
    };
    return driver as Driver;
  }

  #described({ id, service, logFile }: InstanceSpec): RunningInstance {
    const alive = this.#running.has(id);
    const address = '127.0.0.1:0';
    return { id, service, release: '', address, pid: 1, startedAtMs: 0, alive, logFile };
  }

  #state(): State {
    const state: Partial<State> = {
      list: async () => [...this.kept].map(([key, value]) => ({ key, value, revision: 1 })),
      put: async (key, value) => {
        if (!this.writable) throw new Error('the disk is full');
        this.kept.set(key, JSON.parse(JSON.stringify(value)) as JsonValue);
        return 1;
      },
      delete: async (key) => this.kept.delete(key),
    };
    return state as State;
  }
}

test('a job of every minute runs once a minute, whoever the controller is', async () => {
  const machine = new Machine();
  for (let shift = 0; shift < 4; shift += 1) {
    const jobs = await machine.controller();
    await jobs.apply([supervisedPlan({ jobs: [receipts] })]);
    for (let part = 0; part < 15; part += 1) {
      await machine.clock.advance(10_000);
      const [job] = jobs.statuses();
      for (const { run } of job?.running ?? []) machine.finish(run, 0);
    }
    await jobs.close();
  }
  // Ten minutes, the first of which begins with the first look at the job.
  assert.equal(machine.started.length, 9);
  assert.equal(new Set(machine.started).size, 9);
});

test('a run that was kept and never started is started by the next controller, once', async () => {
  const machine = new Machine();
  const first = await machine.controller();
  await first.apply([supervisedPlan({ jobs: [receipts] })]);
  await machine.clock.advance(61_000);
  await first.close();
  const [id = ''] = machine.started.splice(0);
  const key = 'jobs/donations/receipts';
  const kept = machine.kept.get(key) as unknown as JobState;
  // As if the controller had been killed before it asked the driver.
  const other = new Machine();
  const running = kept.running.map((run) => Object.assign({}, run, { phase: 'starting' }));
  other.kept.set(key, JSON.parse(JSON.stringify({ ...kept, running })) as JsonValue);
  assert.match(JSON.stringify(other.kept.get(key)), /"phase":"starting"/);
  const second = await other.controller();
  await other.clock.advance(1_000);
  assert.deepEqual(other.started, [], 'not before it is known that there still is such a job');
  await second.apply([supervisedPlan({ jobs: [receipts] })]);
  await other.clock.advance(1_000);
  assert.deepEqual(other.started, [id]);
  await second.close();
});

test('nothing is started while it cannot be kept, and it is made up for', async () => {
  const machine = new Machine();
  const jobs = await machine.controller();
  await jobs.apply([supervisedPlan({ jobs: [receipts] })]);
  await machine.clock.advance(1_000);
  machine.writable = false;
  await machine.clock.advance(120_000);
  assert.deepEqual(machine.started, []);
  machine.writable = true;
  await machine.clock.advance(1_000);
  assert.equal(machine.started.length, 1);
  await jobs.close();
});

test('a run past its deadline is stopped though that cannot be kept', async () => {
  const machine = new Machine();
  const jobs = await machine.controller();
  await jobs.apply([supervisedPlan({ jobs: [receipts] })]);
  await machine.clock.advance(61_000);
  assert.equal(machine.started.length, 1);
  machine.writable = false;
  await machine.clock.advance(31_000);
  assert.deepEqual(jobs.statuses()[0]?.running, []);
  machine.writable = true;
  await machine.clock.advance(31_000);
  assert.equal(machine.started.length, 2, 'and it runs again');
  const { ended } = machine.kept.get('jobs/donations/receipts') as unknown as JobState;
  assert.equal(ended[0]?.outcome, 'deadline');
  await jobs.close();
});

test('a start that cannot be kept holds up no stop of an earlier run', async () => {
  const machine = new Machine();
  const schedule = { kind: 'every', everyMs: 20_000 } as const;
  const many = supervisedPlan({ jobs: [{ ...receipts, schedule, overlap: 'allow' }] });
  const jobs = await machine.controller(many);
  await jobs.apply([many]);
  await machine.clock.advance(21_000);
  assert.equal(machine.started.length, 1);
  machine.writable = false;
  await machine.clock.advance(31_000);
  assert.deepEqual(jobs.statuses()[0]?.running, []);
  await jobs.close();
});

test('a stop that fails is tried again', async () => {
  const machine = new Machine();
  const jobs = await machine.controller();
  await jobs.apply([supervisedPlan({ jobs: [receipts] })]);
  await machine.clock.advance(61_000);
  machine.failedStops = 2;
  await machine.clock.advance(31_000);
  assert.deepEqual(jobs.statuses()[0]?.running, []);
  await jobs.close();
});

test('a job that the serving release does not have yet waits for the one that does', async () => {
  const machine = new Machine();
  const jobs = await machine.controller(supervisedPlan());
  await jobs.apply([supervisedPlan({ jobs: [receipts] })]);
  await machine.clock.advance(300_000);
  assert.deepEqual(machine.started, []);
  await assert.rejects(jobs.run('donations.receipts', 'cli'), { code: 'job-not-now' });
  await assert.rejects(jobs.run('donations.other', 'cli'), { code: 'job-unknown' });
  await jobs.close();
});
