import { ENDPOINTS_PREFIX } from '../../contract/keys.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';
import { isJobRun } from '../jobs/job-run-name.ts';
import { endpointsOf } from './endpoints.ts';
import { instanceLog, tidyLogs } from './instance-logs.ts';
import { launchInstance, reasonWithRemedy, runBefore } from './launch-instance.ts';
import { unseenExit, watchExit, watchHealth } from './instance-watch.ts';
import { step } from './step.ts';
import { SUPERVISOR_PREFIX, storedService } from './stored-service.ts';
import type { ServiceHealth } from '../../contract/service-health.ts';
import type { JsonValue } from '../../lib/json.ts';
import type { Timer } from '../../ports/clock/port.ts';
import type { InstanceWatch } from './instance-watch.ts';
import type { Effect, ServiceEvent, ServiceState, StepContext } from './service-state.ts';
import type { SupervisorOptions } from './supervisor-options.ts';
import type { Version } from './version.ts';

const tickMs = 100;
/** Often, for an instance that writes in a loop fills a disk in seconds. */
const tidyLogsMs = 1_000;

/**
 * Carries one service through time: takes events one after the other, saves what came of each, and
 * does what it asks for. All decisions are made in `step`; here is only what touches the world.
 */
export class ServiceRunner {
  #state: ServiceState;
  readonly #options: SupervisorOptions;
  readonly #watches = new Map<string, AbortController>();
  /** What instances say of their needs: as new as their last health check, and kept nowhere. */
  readonly #reports = new Map<string, ServiceHealth | null>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #saved = new Map<string, string>();
  readonly #closing = new AbortController();
  readonly #timers: readonly Timer[];
  readonly #listeners = new Set<() => void>();
  #queue: Promise<unknown> = Promise.resolve();
  #journalQueue: Promise<void> = Promise.resolve();
  #prepareQueue: Promise<void> = Promise.resolve();
  #ticking = false;
  #upToDate = false;

  constructor(state: ServiceState, options: SupervisorOptions) {
    this.#state = state;
    this.#options = options;
    this.#timers = [
      options.clock.every(tickMs, () => this.#tick()),
      options.clock.every(tidyLogsMs, () => this.#track(this.#tidyLogs())),
    ];
    for (const { id, process } of state.instances) if (process !== null) this.#watch(id);
  }

  get state(): ServiceState {
    return this.#state;
  }

  /** Null while it has said nothing. */
  reportOf(instance: string): ServiceHealth | null {
    return this.#reports.get(instance) ?? null;
  }

  /**
   * Takes an event; resolves when what came of it is saved and published, or will be as soon as the
   * state port answers. False when it came after `close` and was not taken.
   */
  dispatch(event: ServiceEvent): Promise<boolean> {
    const turn = this.#queue.then(() => this.#take(event));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Resolves with the first state that satisfies the test; rejects when the signal or `close` comes
   * first.
   */
  until(test: (state: ServiceState) => boolean, signal?: AbortSignal): Promise<ServiceState> {
    const given = signal === undefined ? [this.#closing.signal] : [this.#closing.signal, signal];
    const stop = AbortSignal.any(given);
    return new Promise((resolve, reject) => {
      const done = (): void => {
        if (stop.aborted) reject(stop.reason as Error);
        else if (test(this.#state)) resolve(this.#state);
        else return;
        this.#listeners.delete(done);
        stop.removeEventListener('abort', done);
      };
      this.#listeners.add(done);
      stop.addEventListener('abort', done);
      done();
    });
  }

  /**
   * Waits for a `before` command that an earlier supervisor had started; then it is run again, for
   * its end was not seen.
   */
  awaitLeftover(id: string, generation: string): void {
    const wait = async (): Promise<void> => {
      await this.#options.driver.waitForExit(id, this.#closing.signal);
      await this.#options.driver.forget(id);
      await this.dispatch({ kind: 'prepare-lost', generation });
    };
    this.#track(wait());
  }

  record(kind: string, subject: string, why: string, data: JsonValue): void {
    this.#perform({ kind: 'record', entry: { kind, subject, who: 'controller', why, data } });
  }

  /** Stops watching and leaves everything running. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the supervisor is closed'));
    for (const timer of this.#timers) timer.cancel();
    for (const watch of this.#watches.values()) watch.abort();
    await this.#queue;
    await Promise.all(this.#tasks);
    await this.#journalQueue;
  }

  /** Removes what is kept about the service, once it is gone. */
  async erase(): Promise<void> {
    await this.close();
    await this.#options.state.delete(ENDPOINTS_PREFIX + this.#state.service);
    await this.#options.state.delete(SUPERVISOR_PREFIX + this.#state.service);
  }

  async #take(event: ServiceEvent): Promise<boolean> {
    if (this.#closing.signal.aborted) return false;
    const { state, effects } = step(this.#state, event, this.#context());
    this.#state = state;
    for (const [id, watch] of this.#watches) {
      if (!state.instances.some((instance) => instance.id === id)) {
        watch.abort();
        this.#watches.delete(id);
        this.#reports.delete(id);
      }
    }
    await this.#save();
    for (const effect of effects) this.#perform(effect);
    for (const listener of this.#listeners) listener();
    return true;
  }

  /**
   * Time goes on for a service only while workers are told how it stands: an instance is never
   * stopped before they had the time to learn that it is draining.
   */
  #tick(): void {
    if (this.#ticking) return;
    this.#ticking = true;
    const turn = this.#upToDate ? this.dispatch({ kind: 'tick' }) : this.#saveAgain();
    void (turn as Promise<unknown>).finally(() => {
      this.#ticking = false;
    });
  }

  #saveAgain(): Promise<void> {
    const turn = this.#queue.then(() => this.#save());
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #save(): Promise<void> {
    const { service } = this.#state;
    try {
      await this.#put(ENDPOINTS_PREFIX + service, endpointsOf(this.#state));
      await this.#put(SUPERVISOR_PREFIX + service, storedService(this.#state));
      this.#upToDate = true;
    } catch (error) {
      if (this.#upToDate || this.#saved.size === 0) this.#warn('state not saved, trying on', error);
      this.#upToDate = false;
    }
  }

  async #put(key: string, value: JsonValue): Promise<void> {
    const text = canonicalJson(value);
    if (this.#saved.get(key) === text) return;
    await this.#options.state.put(key, value);
    this.#saved.set(key, text);
  }

  #perform(effect: Effect): void {
    const { driver, journal } = this.#options;
    switch (effect.kind) {
      case 'start':
        return this.#track(this.#launch(effect));
      case 'prepare':
        // Two migrations at once would be more than their author thought of.
        this.#prepareQueue = this.#prepareQueue.then(() => this.#prepare(effect));
        return this.#track(this.#prepareQueue);
      case 'stop':
        // Not waited for by `close`: a successor finds it draining and goes on.
        void this.#warnOnly(driver.stop(effect.id, effect.graceMs));
        return;
      case 'record':
        this.#journalQueue = this.#journalQueue
          .then(() => journal.append(effect.entry))
          .then(() => undefined)
          .catch((error: unknown) => this.#warn('journal entry lost', error));
    }
  }

  async #launch({ id, version }: Extract<Effect, { kind: 'start' }>): Promise<void> {
    const logFile = instanceLog(this.#options.logsFolder, this.#state.service, id);
    try {
      const { address, pid } = await launchInstance(version, id, logFile, this.#options);
      await this.dispatch({ kind: 'started', id, address, pid });
      this.#watch(id);
    } catch (error) {
      await this.dispatch({ kind: 'start-failed', id, reason: reasonWithRemedy(error) });
    }
  }

  async #prepare({ version }: Extract<Effect, { kind: 'prepare' }>): Promise<void> {
    const { signal } = this.#closing;
    if (this.#state.target?.generation !== version.generation) return;
    await this.dispatch(await runBefore(version, this.#options, signal));
  }

  #watch(id: string): void {
    if (this.#closing.signal.aborted) return;
    const controller = new AbortController();
    this.#watches.set(id, controller);
    const watch: InstanceWatch = {
      driver: this.#options.driver,
      clock: this.#options.clock,
      signal: controller.signal,
      instance: () => this.#state.instances.find((instance) => instance.id === id) ?? null,
      health: () => this.#healthOf(id),
      report: (instance, report) => this.#reports.set(instance, report),
      tell: (event) => this.dispatch(event),
    };
    this.#track(watchHealth(watch));
    this.#track(
      watchExit(id, watch).catch(async (error: unknown) => {
        if (controller.signal.aborted) return;
        this.#warn(`cannot watch ${id}`, error);
        await this.dispatch({ kind: 'exited', id, exit: unseenExit, lastLines: [] });
      }),
    );
  }

  #healthOf(id: string): Version['plan']['health'] | null {
    const { instances, target, serving } = this.#state;
    const generation = instances.find((instance) => instance.id === id)?.generation;
    const version = [target, serving].find((known) => known?.generation === generation);
    return version?.plan.health ?? null;
  }

  async #tidyLogs(): Promise<void> {
    const running = new Set(this.#state.instances.map(({ id }) => id));
    const { service } = this.#state;
    const isOwn = (id: string): boolean => !isJobRun(service, id);
    await tidyLogs(this.#options.logsFolder, service, running, isOwn);
  }

  /** Work that goes on beside the queue, and that `close` waits for. */
  #track(work: Promise<void>): void {
    const task = this.#warnOnly(work).finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  /** A failure beside the queue is told and ends nothing. */
  async #warnOnly(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!this.#closing.signal.aborted && !isAbort(error)) this.#warn('supervision', error);
    }
  }

  #warn(message: string, error: unknown): void {
    const { service } = this.#state;
    this.#options.log.warn(message, { service, error: String((error as Error).message) });
  }

  #context(): StepContext {
    const { clock, randomness } = this.#options;
    return {
      nowMs: clock.monotonicMs(),
      epochMs: clock.nowMs(),
      newId: () => randomness.id(6),
      fraction: () => randomness.fraction(),
    };
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
