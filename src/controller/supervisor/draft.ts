import { backoffMs } from './backoff.ts';
import type { JsonValue } from '../../lib/json.ts';
import type {
  Effect,
  Failure,
  Instance,
  InstanceState,
  Rollout,
  ServiceState,
  StepContext,
  Vacancy,
} from './service-state.ts';
import { instanceName } from './version.ts';
import type { Version } from './version.ts';

/**
 * Failed rounds of a new version after which it is given up, where another one serves meanwhile.
 */
const hopelessFailures = 3;
const keptVacancies = 100;

/**
 * The next state of a service while one step makes it, and the effects gathered on the way. Lives
 * for one step.
 */
export class Draft {
  readonly service: string;
  readonly context: StepContext;
  target: Version | null;
  serving: Version | null;
  rollout: Rollout;
  replacementStoppedEpochMs: number | null;
  readonly #instances: Map<string, Instance>;
  readonly #attempts: Map<string, ServiceState['attempts'][string]>;
  readonly #vacancies: Vacancy[];
  readonly #effects: Effect[] = [];

  constructor(state: ServiceState, context: StepContext) {
    this.service = state.service;
    this.context = context;
    this.target = state.target;
    this.serving = state.serving;
    this.rollout = state.rollout;
    this.replacementStoppedEpochMs = state.replacementStoppedEpochMs;
    this.#instances = new Map(state.instances.map((instance) => [instance.id, instance]));
    this.#attempts = new Map(Object.entries(state.attempts));
    this.#vacancies = [...state.vacancies];
  }

  get instances(): readonly Instance[] {
    return [...this.#instances.values()];
  }

  find(id: string): Instance | null {
    return this.#instances.get(id) ?? null;
  }

  isTarget(generation: string): boolean {
    return this.target?.generation === generation;
  }

  /** The version an instance was started from, as far as it still matters. */
  versionOf(instance: Instance): Version | null {
    if (this.target?.generation === instance.generation) return this.target;
    return this.serving?.generation === instance.generation ? this.serving : null;
  }

  change(id: string, state: InstanceState, more: Partial<Instance> = {}): void {
    const instance = this.#instances.get(id);
    if (instance !== undefined) this.#instances.set(id, { ...instance, ...more, state });
  }

  remove(id: string): void {
    this.#instances.delete(id);
  }

  /** Has it replaced: it goes when another can take its requests. */
  retire(instance: Instance): void {
    this.change(instance.id, instance.state, { retiring: true });
  }

  /** Takes it out of rotation; it is stopped when the workers have had time to learn it. */
  drain(instance: Instance): void {
    if (instance.state.kind === 'draining' || instance.state.kind === 'stopping') return;
    this.change(instance.id, { kind: 'draining', sinceMs: this.context.nowMs });
  }

  stop(instance: Instance, graceMs: number): void {
    this.change(instance.id, { kind: 'stopping' });
    this.#effects.push({ kind: 'stop', id: instance.id, graceMs });
  }

  start(version: Version): void {
    const random = this.context.newId();
    const id = instanceName(this.service, 'serve', version.generation, random);
    const vacancy = this.#vacancies.shift();
    this.#instances.set(id, {
      id,
      generation: version.generation,
      release: version.release.digest,
      bornMs: this.context.nowMs,
      bornEpochMs: this.context.epochMs,
      restarts: vacancy?.restarts ?? 0,
      lastFailure: vacancy?.failure ?? null,
      process: null,
      retiring: false,
      state: { kind: 'launching' },
    });
    this.#effects.push({ kind: 'start', id, version });
  }

  prepare(version: Version): void {
    this.rollout = { kind: 'preparing', running: true };
    this.#effects.push({ kind: 'prepare', version });
  }

  vacate(instance: Instance, failure: Failure): void {
    this.#vacancies.push({ restarts: instance.restarts + 1, failure });
    if (this.#vacancies.length > keptVacancies) this.#vacancies.shift();
  }

  /**
   * Counts a failed start, once for all those started before the last failure, and sets when the
   * next may be.
   */
  countFailure(generation: string, bornMs: number, failure: Failure): void {
    const { nowMs } = this.context;
    const before = this.#attempts.get(generation);
    if (before !== undefined && bornMs < before.lastFailureMs) {
      this.#attempts.set(generation, { ...before, lastFailure: failure });
      return;
    }
    const failures = (before?.failures ?? 0) + 1;
    this.#attempts.set(generation, {
      failures,
      notBeforeMs: nowMs + backoffMs(failures, this.context.fraction()),
      lastFailureMs: nowMs,
      lastFailure: failure,
    });
  }

  attempts(generation: string): ServiceState['attempts'][string] | null {
    return this.#attempts.get(generation) ?? null;
  }

  forgetAttempts(generation: string): void {
    this.#attempts.delete(generation);
  }

  /**
   * Gives the target up when it failed often enough and something else serves; else trying goes on
   * with back-off.
   */
  haltIfHopeless(failure: Failure, limit = hopelessFailures): void {
    const { target, serving } = this;
    if (target === null || serving === null || serving.generation === target.generation) return;
    if (this.rollout.kind === 'halted' || this.rollout.kind === 'done') return;
    if ((this.#attempts.get(target.generation)?.failures ?? 0) < limit) return;
    this.rollout = { kind: 'halted', failure };
    this.record('release.halted', this.service, {
      why: failure.reason,
      data: { release: target.release.digest, lastLines: failure.lastLines },
    });
  }

  failure(reason: string, lastLines: readonly string[] = []): Failure {
    return { atEpochMs: this.context.epochMs, reason, lastLines };
  }

  record(kind: string, subject: string, more: { why?: string; data?: JsonValue } = {}): void {
    this.#effects.push({ kind: 'record', entry: { kind, subject, who: 'controller', ...more } });
  }

  releaseData(): JsonValue {
    return {
      release: this.target?.release.digest ?? null,
      before: this.serving?.release.digest ?? null,
    };
  }

  finish(): { readonly state: ServiceState; readonly effects: readonly Effect[] } {
    const live = new Set([this.target?.generation, this.serving?.generation]);
    const attempts = [...this.#attempts].filter(([generation]) => live.has(generation));
    return {
      state: {
        service: this.service,
        target: this.target,
        serving: this.serving,
        rollout: this.rollout,
        instances: this.instances,
        attempts: Object.fromEntries(attempts),
        vacancies: this.#vacancies,
        replacementStoppedEpochMs: this.replacementStoppedEpochMs,
      },
      effects: this.#effects,
    };
  }
}
