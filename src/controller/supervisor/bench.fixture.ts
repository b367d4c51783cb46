import { endpointsOf } from './endpoints.ts';
import { emptyService } from './service-state.ts';
import { step } from './step.ts';
import { versionOf } from './version.ts';
import type { Effect, Instance, ServiceEvent, ServiceState } from './service-state.ts';
import type { Version } from './version.ts';

/** One service, driven by hand; ids count up and jitter is none. */
export class Bench {
  state: ServiceState = emptyService('donations');
  nowMs = 0;
  effects: Effect[] = [];
  #ids = 0;

  send(event: ServiceEvent): void {
    const taken = step(this.state, event, {
      nowMs: this.nowMs,
      epochMs: 1_800_000_000_000 + this.nowMs,
      newId: () => String((this.#ids += 1)),
      fraction: () => 1,
    });
    this.state = taken.state;
    this.effects.push(...taken.effects);
  }

  after(ms: number): void {
    this.nowMs += ms;
    this.send({ kind: 'tick' });
  }

  /** What `start` effects there were since the last call. */
  starts(): readonly string[] {
    const starts = this.effects.flatMap((effect) => (effect.kind === 'start' ? [effect.id] : []));
    this.effects = [];
    return starts;
  }

  journal(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.kind === 'record' ? [effect.entry.kind] : []));
  }

  healthy(id: string): void {
    this.send({ kind: 'started', id, address: `127.0.0.1:${id.length}`, pid: 1 });
    this.send({ kind: 'checked', id, problem: null });
  }

  check(id: string, problem: string | null, times = 1): void {
    for (let n = 0; n < times; n += 1) this.send({ kind: 'checked', id, problem });
  }

  dies(id: string, code: number): void {
    this.send({ kind: 'exited', id, exit: { code, signal: null }, lastLines: ['bad luck'] });
  }

  /** Applies a version and brings all its instances up. */
  up(min: number, release = 'sha256:1'): readonly string[] {
    this.send({ kind: 'apply', version: version(min, release) });
    const ids = this.starts();
    for (const id of ids) this.healthy(id);
    this.effects = [];
    return ids;
  }

  find(id: string): Instance | undefined {
    return this.state.instances.find((instance) => instance.id === id);
  }

  rotation(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      endpointsOf(this.state).instances.map(({ id, state }) => [id, state]),
    );
  }
}

export function version(
  min: number,
  digest: string,
  before: readonly string[] | null = null,
): Version {
  const plan = {
    service: 'donations',
    directory: 'services/donations',
    build: { kind: 'entry', entries: ['server.ts'], include: [] },
    command: ['node', 'server.js'],
    before,
    health: { path: '/health', everyMs: 1_000, timeoutMs: 500, failures: 3, startMs: 10_000 },
    instances: { min, max: min },
    canary: [],
    bakeMs: 0,
    minRequests: 0,
    drainMs: 7_000,
    secrets: [],
    environment: {},
    needs: [],
    policy: { version: 1, health: '/health', needs: [] },
    jobs: [],
  } as const;
  return versionOf(plan, { digest, directory: '/releases/1' }, {});
}
