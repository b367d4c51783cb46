import { ENDPOINTS_PREFIX } from '../../contract/keys.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { isJobRun } from '../jobs/job-run-name.ts';
import { describeService, noteService } from './describe-service.ts';
import { resolveNeeds } from './instance-environment.ts';
import { digestSecrets } from './resolve-secrets.ts';
import { buryInstance } from './instance-watch.ts';
import { emptyService } from './service-state.ts';
import { ServiceRunner } from './service-runner.ts';
import { SUPERVISOR_PREFIX, adoptService } from './stored-service.ts';
import { readInstanceName, versionOf } from './version.ts';
import type { Endpoints } from '../../contract/keys.ts';
import type { ServiceStatus, StatusNote } from '../../contract/status.ts';
import type { ServicePlan } from '../../derive/release-plan/release-plan.ts';
import type { JsonValue } from '../../lib/json.ts';
import type { RunningInstance } from '../../ports/driver/port.ts';
import type { Failure, ServiceState } from './service-state.ts';
import type { SupervisorOptions } from './supervisor-options.ts';
import type { ReleaseToRun, Version } from './version.ts';

/** Keeps every service's instances as its plan and release say. It decides; the driver does. */
export interface Supervisor {
  /**
   * Says what a service shall run. Resolves when that is taken; the rollout goes on by itself (see
   * `whenSettled`). The same again changes nothing, except that a release given up is tried anew.
   * Rejects while a need has no URL or the secrets cannot be read.
   */
  apply(plan: ServicePlan, release: ReleaseToRun): Promise<void>;
  /** Rolls in what else instances are given and may have changed: where needs are, and secrets. */
  applyAgain(): Promise<void>;
  /** Drains and stops all instances of a service and forgets it. */
  remove(service: string): Promise<void>;
  /**
   * Has one instance replaced: a new one first, then this one drained. Rejects with
   * `instance-unknown`.
   */
  replace(id: string, why: string): Promise<void>;
  /**
   * Resolves when what was applied serves, or has failed: given up, or failing again and again on a
   * first start.
   */
  whenSettled(service: string, signal?: AbortSignal): Promise<Settled>;
  /** Null for a service it does not run. */
  status(service: string): ServiceStatus | null;
  statuses(): readonly ServiceStatus[];
  /** What serves of a service; null before the first release did. */
  serving(service: string): Version | null;
  /** What an operator must know of all services. */
  notes(): readonly StatusNote[];
  /** Digests of the releases of a service that run or shall run: they must not be collected. */
  releasesInUse(service: string): ReadonlySet<string>;
  /** Stops supervising and leaves all running, for a successor to adopt. */
  close(): Promise<void>;
  /** Drains and stops every instance, then closes. */
  stopAll(): Promise<void>;
}

export type Settled =
  | { readonly kind: 'serving' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** A first release that failed so often is called failed, although it is tried on. */
const failedAfter = 3;

/** Opens the supervisor, which takes over what an earlier one left running before it resolves. */
export async function createSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const runners = new Map<string, ServiceRunner>();
  await adoptAll(runners, options);
  const supervisor = new ServiceSupervisor(runners, options);
  for (const [service, { state }] of runners) {
    if (state.target === null) supervisor.removeBeside(service);
  }
  return supervisor;
}

class ServiceSupervisor implements Supervisor {
  readonly #runners: Map<string, ServiceRunner>;
  readonly #options: SupervisorOptions;
  readonly #removals = new Map<string, Promise<void>>();
  readonly #turns = new Map<string, Promise<void>>();

  constructor(runners: Map<string, ServiceRunner>, options: SupervisorOptions) {
    this.#runners = runners;
    this.#options = options;
  }

  async apply(plan: ServicePlan, release: ReleaseToRun): Promise<void> {
    await this.#inTurn(plan.service, async () => {
      const version = await this.#version(plan, release);
      await this.#removals.get(plan.service);
      await this.#runner(plan.service).dispatch({ kind: 'apply', version });
    });
  }

  async applyAgain(): Promise<void> {
    const again = async (service: string): Promise<void> => {
      // Only now: what was applied meanwhile must not be taken back.
      const runner = this.#runners.get(service);
      const target = runner?.state.target ?? null;
      if (runner === undefined || target === null) return;
      const version = await this.#version(target.plan, target.release);
      if (version.generation === target.generation) return;
      await runner.dispatch({ kind: 'apply', version });
    };
    const services = [...this.#runners.keys()];
    await Promise.all(services.map((service) => this.#inTurn(service, () => again(service))));
  }

  remove(service: string): Promise<void> {
    const under = this.#removals.get(service);
    if (under !== undefined) return under;
    const removal = this.#remove(service).finally(() => this.#removals.delete(service));
    this.#removals.set(service, removal);
    return removal;
  }

  /** Goes on with a removal that an earlier supervisor had begun, or removes what nobody wants. */
  removeBeside(service: string): void {
    this.remove(service).catch((error: unknown) => {
      this.#options.log.info('removal left to a successor', { service, why: String(error) });
    });
  }

  async replace(id: string, why: string): Promise<void> {
    for (const runner of this.#runners.values()) {
      if (!runner.state.instances.some((instance) => instance.id === id)) continue;
      await runner.dispatch({ kind: 'replace', id, why });
      return;
    }
    throw new TurnoutError(
      'instance-unknown',
      `There is no instance ${id}.`,
      'See `turnout status` for those there are.',
    );
  }

  async whenSettled(service: string, signal?: AbortSignal): Promise<Settled> {
    const state = await this.#runner(service).until((now) => settled(now) !== null, signal);
    return settled(state) ?? { kind: 'serving' };
  }

  status(service: string): ServiceStatus | null {
    const runner = this.#runners.get(service);
    return runner === undefined ? null : this.#describe(runner);
  }

  statuses(): readonly ServiceStatus[] {
    return [...this.#runners.values()].map((runner) => this.#describe(runner));
  }

  serving(service: string): Version | null {
    return this.#runners.get(service)?.state.serving ?? null;
  }

  notes(): readonly StatusNote[] {
    return [...this.#runners.values()].flatMap((runner) => noteService(runner.state));
  }

  releasesInUse(service: string): ReadonlySet<string> {
    const state = this.#runners.get(service)?.state ?? emptyService(service);
    const digests = state.instances.map(({ release }) => release);
    for (const version of [state.target, state.serving]) {
      if (version !== null) digests.push(version.release.digest);
    }
    return new Set(digests);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.close()));
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#runners.keys()].map((service) => this.remove(service)));
  }

  async #version(plan: ServicePlan, release: ReleaseToRun): Promise<Version> {
    const { resolveNeed, secrets } = this.#options;
    const needs = await resolveNeeds(plan, resolveNeed);
    return versionOf(plan, release, needs, await digestSecrets(plan, secrets));
  }

  /** What is applied to one service follows one after the other. */
  async #inTurn(service: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(service) ?? Promise.resolve()).then(work);
    const settledTurn = turn.catch(() => undefined);
    this.#turns.set(service, settledTurn);
    try {
      await turn;
    } finally {
      if (this.#turns.get(service) === settledTurn) this.#turns.delete(service);
    }
  }

  async #remove(service: string): Promise<void> {
    const runner = this.#runners.get(service);
    if (runner === undefined) return;
    await runner.dispatch({ kind: 'remove' });
    await runner.until((state) => state.instances.length === 0);
    await runner.erase();
    this.#runners.delete(service);
  }

  #runner(service: string): ServiceRunner {
    const known = this.#runners.get(service);
    if (known !== undefined) return known;
    const runner = new ServiceRunner(emptyService(service), this.#options);
    this.#runners.set(service, runner);
    return runner;
  }

  #describe(runner: ServiceRunner): ServiceStatus {
    return describeService(runner.state, this.#options.clock.nowMs(), (id) => runner.reportOf(id));
  }
}

function settled({ target, serving, rollout, attempts }: ServiceState): Settled | null {
  if (rollout.kind === 'halted') return { kind: 'failed', failure: rollout.failure };
  if (target === null) return null;
  const tried = attempts[target.generation];
  if (serving === null && tried !== undefined && tried.failures >= failedAfter) {
    return { kind: 'failed', failure: tried.lastFailure };
  }
  return rollout.kind === 'done' ? { kind: 'serving' } : null;
}

async function adoptAll(
  runners: Map<string, ServiceRunner>,
  options: SupervisorOptions,
): Promise<void> {
  const all = await options.driver.list();
  // Runs of jobs are found by those who started them.
  const found = all.filter(({ id, service }) => !isJobRun(service, id));
  const stored = await byService(SUPERVISOR_PREFIX, options);
  const endpoints = await byService(ENDPOINTS_PREFIX, options);
  const context = {
    nowMs: options.clock.monotonicMs(),
    epochMs: options.clock.nowMs(),
    newId: () => options.randomness.id(6),
    fraction: () => options.randomness.fraction(),
  };
  for (const service of new Set([...stored.keys(), ...found.map((one) => one.service)])) {
    const own = found.filter((instance) => instance.service === service);
    const state = adoptService(
      service,
      stored.get(service) ?? null,
      own.filter(({ alive }) => alive),
      (endpoints.get(service) as unknown as Endpoints | undefined) ?? null,
      context,
    );
    const preparing = own.find(
      ({ id, alive }) => alive && readInstanceName(service, id)?.role === 'before',
    );
    const runner = new ServiceRunner(
      preparing === undefined ? state : { ...state, rollout: waitFor(state) },
      options,
    );
    runners.set(service, runner);
    if (preparing !== undefined) {
      runner.awaitLeftover(preparing.id, readInstanceName(service, preparing.id)?.generation ?? '');
    }
    for (const instance of own.filter(({ alive }) => !alive)) {
      await mourn(runner, instance, options);
    }
    // Saves and publishes at once: endpoints that died meanwhile go.
    await runner.dispatch({ kind: 'tick' });
  }
}

function waitFor({ rollout }: ServiceState): ServiceState['rollout'] {
  return rollout.kind === 'preparing' ? { kind: 'preparing', running: true } : rollout;
}

async function mourn(
  runner: ServiceRunner,
  instance: RunningInstance,
  { driver }: SupervisorOptions,
): Promise<void> {
  const lastLines = await buryInstance(driver, instance.id);
  runner.record('instance.died', instance.id, 'ended while nobody watched', {
    release: instance.release,
    lastLines,
  });
}

async function byService(
  prefix: string,
  { state }: SupervisorOptions,
): Promise<ReadonlyMap<string, JsonValue>> {
  const entries = await state.list(prefix);
  return new Map(entries.map(({ key, value }) => [key.slice(prefix.length), value]));
}
