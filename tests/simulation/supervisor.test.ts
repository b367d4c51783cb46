import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createSeededRandomness,
  seedFromEnvironment,
} from '../../src/adapters/simulated/randomness.ts';
import { endpointsOf } from '../../src/controller/supervisor/endpoints.ts';
import { settleMs } from '../../src/controller/supervisor/reconcile.ts';
import { emptyService } from '../../src/controller/supervisor/service-state.ts';
import { step } from '../../src/controller/supervisor/step.ts';
import { adoptService, storedService } from '../../src/controller/supervisor/stored-service.ts';
import { versionOf } from '../../src/controller/supervisor/version.ts';
import type { ServicePlan } from '../../src/derive/release-plan/release-plan.ts';
import type { Randomness } from '../../src/ports/randomness/port.ts';
import type { RunningInstance } from '../../src/ports/driver/port.ts';
import type {
  Effect,
  ServiceEvent,
  ServiceState,
  StepContext,
} from '../../src/controller/supervisor/service-state.ts';
import type { Version } from '../../src/controller/supervisor/version.ts';

const full = process.env['TURNOUT_PROVE'] === 'full';
const seed = seedFromEnvironment();

/** How the processes of a version behave in this world. */
interface Nature {
  /** Chance that a process dies before it is healthy. */
  crash: number;
  /** Chance that it never answers a health check. */
  mute: number;
  /** Chance in each check that a healthy one does not answer. */
  slow: number;
  /** Chance in each 100 ms that somebody kills it. */
  killed: number;
}

const well: Nature = { crash: 0, mute: 0, slow: 0, killed: 0 };

interface SimulatedProcess {
  readonly id: string;
  readonly release: string;
  readonly bornMs: number;
  readonly healthyFromMs: number;
  readonly diesAtMs: number;
  stopByMs: number | null;
}

/**
 * A driver, a health checker and a clock without a machine. Every event reaches `step` late and in
 * random order, and what must hold at every moment is asserted after each.
 */
class World {
  state: ServiceState;
  nowMs = 1_000;
  nature: Nature = well;
  starts = 0;
  readonly processes = new Map<string, SimulatedProcess>();
  readonly #random: Randomness;
  readonly #pending: { readonly atMs: number; readonly run: () => void }[] = [];
  readonly #everStarted = new Set<string>();
  readonly #answered = new Set<string>();
  readonly #tookRequests = new Set<string>();
  readonly #drainingSince = new Map<string, number>();

  constructor(random: Randomness) {
    this.#random = random;
    this.state = emptyService('donations');
  }

  send(event: ServiceEvent): void {
    if (event.kind === 'checked' && event.problem === null) this.#answered.add(event.id);
    const { state, effects } = step(this.state, event, this.context());
    this.state = state;
    this.#assertInvariants();
    for (const effect of effects) this.#perform(effect);
  }

  context(): StepContext {
    return {
      nowMs: this.nowMs,
      epochMs: 1_800_000_000_000 + this.nowMs,
      newId: () => this.#random.id(6),
      fraction: () => this.#random.fraction(),
    };
  }

  run(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; this.nowMs += 100) {
      const due = this.#pending.filter(({ atMs }) => atMs <= this.nowMs);
      for (const one of this.#shuffled(due)) {
        this.#pending.splice(this.#pending.indexOf(one), 1);
        one.run();
      }
      for (const process of this.#shuffled([...this.processes.values()])) this.#live(process);
      this.send({ kind: 'tick' });
    }
  }

  /** A new supervisor that knows what was stored, what is published and what the driver finds. */
  restart(): void {
    const running: RunningInstance[] = [...this.processes.values()].map((process) => ({
      id: process.id,
      service: 'donations',
      release: process.release,
      address: '127.0.0.1:20000',
      pid: 1,
      startedAtMs: 1_800_000_000_000 + process.bornMs,
      alive: true,
      logFile: '',
    }));
    const stored = storedService(this.state);
    const published = endpointsOf(this.state);
    this.#pending.length = 0;
    this.state = adoptService('donations', stored, running, published, this.context());
    // As the runner does at once: what was in rotation and lives is in rotation still.
    for (const { id, state } of published.instances) {
      if (!this.processes.has(id) || state !== 'ready') continue;
      const kept = endpointsOf(this.state).instances.find((endpoint) => endpoint.id === id);
      assert.equal(kept?.state, 'ready', `${id} left rotation by a restart`);
    }
  }

  #live(process: SimulatedProcess): void {
    const chance = this.#random.fraction();
    const stopped = process.stopByMs !== null && this.nowMs >= process.stopByMs;
    if (this.nowMs >= process.diesAtMs || stopped || chance < this.nature.killed) {
      this.processes.delete(process.id);
      const exit = { code: stopped ? 0 : 1, signal: null };
      this.#later(50, () => {
        this.send({ kind: 'exited', id: process.id, exit, lastLines: ['bad luck'] });
      });
      return;
    }
    if (this.nowMs % 500 !== 0 && this.#answered.has(process.id)) return;
    const answers =
      this.nowMs >= process.healthyFromMs && this.#random.fraction() >= this.nature.slow;
    this.send({ kind: 'checked', id: process.id, problem: answers ? null : 'no answer' });
  }

  #perform(effect: Effect): void {
    if (effect.kind === 'start') {
      assert.ok(!this.#everStarted.has(effect.id), 'an instance is never started twice');
      this.#everStarted.add(effect.id);
      this.starts += 1;
      this.#later(this.#random.integer(300), () => this.#launch(effect.id, effect.version));
    } else if (effect.kind === 'prepare') {
      const { generation } = effect.version;
      this.#later(this.#random.integer(2_000), () => this.send({ kind: 'prepared', generation }));
    } else if (effect.kind === 'stop') {
      const since = this.#drainingSince.get(effect.id);
      // One that never took requests need not be unlearnt.
      const learnt = since !== undefined && this.nowMs - since >= settleMs;
      assert.ok(learnt || !this.#tookRequests.has(effect.id), 'stopped before workers knew');
      const process = this.processes.get(effect.id);
      if (process !== undefined)
        process.stopByMs = this.nowMs + this.#random.integer(effect.graceMs);
    }
  }

  #launch(id: string, version: Version): void {
    const dies = this.#random.fraction() < this.nature.crash;
    const mute = this.#random.fraction() < this.nature.mute;
    const process: SimulatedProcess = {
      id,
      release: version.release.digest,
      bornMs: this.nowMs,
      healthyFromMs: mute ? Infinity : this.nowMs + this.#random.integer(1_000),
      diesAtMs: dies ? this.nowMs + this.#random.integer(1_000) : Infinity,
      stopByMs: null,
    };
    this.processes.set(id, process);
    this.send({ kind: 'started', id, address: '127.0.0.1:20000', pid: 1 });
  }

  #assertInvariants(): void {
    const min = Math.max(
      ...[this.state.target, this.state.serving].map((v) => v?.plan.instances.min ?? 0),
    );
    const standing = this.state.instances.filter(
      ({ state }) => state.kind !== 'draining' && state.kind !== 'stopping',
    );
    // Two versions side by side, and for each instance at most one that it waits to be replaced by.
    assert.ok(standing.length <= min * 4, `${standing.length} instances for ${min}`);
    for (const { id, state } of endpointsOf(this.state).instances) {
      if (state === 'ready') {
        assert.ok(this.#answered.has(id), `${id} takes requests unproved`);
        this.#tookRequests.add(id);
      } else if (!this.#drainingSince.has(id)) this.#drainingSince.set(id, this.nowMs);
    }
  }

  #later(ms: number, run: () => void): void {
    this.#pending.push({ atMs: this.nowMs + ms, run });
  }

  #shuffled<T>(items: readonly T[]): readonly T[] {
    return items
      .map((item) => ({ item, order: this.#random.fraction() }))
      .sort((a, b) => a.order - b.order)
      .map(({ item }) => item);
  }
}

function plan(min: number, before: readonly string[] | null): ServicePlan {
  return {
    service: 'donations',
    directory: 'services/donations',
    build: { kind: 'entry', entries: ['server.ts'], include: [] },
    command: ['node', 'server.js'],
    before,
    health: { path: '/health', everyMs: 500, timeoutMs: 500, failures: 3, startMs: 5_000 },
    instances: { min, max: min },
    canary: [],
    bakeMs: 0,
    minRequests: 0,
    drainMs: 3_000,
    secrets: [],
    environment: {},
    needs: [],
    policy: { version: 1, health: '/health', needs: [] },
    jobs: [],
  };
}

describe('supervision under random schedules', () => {
  test(`whatever happens, it comes to rest with exactly what was asked for (seed ${seed})`, () => {
    for (let round = 0; round < (full ? 2_000 : 60); round += 1) {
      const random = createSeededRandomness((seed + round) >>> 0);
      const world = new World(random);
      let target: Version | null = null;
      for (let act = 0; act < 6; act += 1) {
        const digest = `sha256:${random.integer(3)}`;
        const before = random.fraction() < 0.5 ? ['node', 'migrate.js'] : null;
        const wanted = plan(1 + random.integer(4), before);
        if (random.fraction() < 0.7 || target === null) {
          target = versionOf(wanted, { digest, directory: '/releases' }, {});
          world.send({ kind: 'apply', version: target });
        }
        world.nature = {
          crash: random.fraction() < 0.3 ? random.fraction() : 0,
          mute: random.fraction() < 0.3 ? random.fraction() : 0,
          slow: random.fraction() < 0.3 ? random.fraction() : 0,
          killed: random.fraction() < 0.3 ? random.fraction() * 0.05 : 0,
        };
        world.run(random.integer(20_000));
        if (random.fraction() < 0.4) world.restart();
      }
      world.nature = well;
      // What does not answer yet is still to be found out, and what was given up stays so until
      // somebody asks again.
      world.run(40_000);
      if (target !== null) world.send({ kind: 'apply', version: target });
      world.run(90_000);
      const why = `seed ${seed} round ${round}: ${JSON.stringify(world.state, null, 1)}`;
      const min = target?.plan.instances.min ?? 0;
      assert.equal(world.state.instances.length, min, why);
      assert.equal(world.processes.size, min, why);
      for (const { generation, state } of world.state.instances) {
        assert.equal(generation, target?.generation, why);
        assert.equal(state.kind, 'healthy', why);
      }
    }
  });

  test('a crash loop slows down: an hour of it is a few hundred starts', () => {
    const world = new World(createSeededRandomness(seed));
    world.nature = { ...well, crash: 1 };
    const version = versionOf(plan(2, null), { digest: 'sha256:1', directory: '/r' }, {});
    world.send({ kind: 'apply', version });
    world.run(3_600_000);
    assert.ok(world.starts < 600, `${world.starts} starts`);
    assert.ok(world.starts > 100, `it gave up after ${world.starts} starts`);
  });
});
