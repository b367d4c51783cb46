import type { JobPlan } from '../../derive/release-plan/release-plan.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { JsonValue } from '../../lib/json.ts';
import type { RunningInstance } from '../../ports/driver/port.ts';
import { reasonWithRemedy, startBeside } from '../supervisor/launch-instance.ts';
import type { SupervisorOptions } from '../supervisor/supervisor-options.ts';
import type { Version } from '../supervisor/version.ts';
import { jobRunName } from './job-run-name.ts';
import { emptyJob } from './job-state.ts';
import type { JobContext, JobEffect, JobEvent, JobRun, JobState } from './job-state.ts';
import { canRun, stepJob } from './step-job.ts';

/** Under this the state of every job is kept: `jobs/SERVICE/JOB`. */
export const JOBS_PREFIX = 'jobs/';

/** A run whose deadline has passed has that long to end by itself. */
const stopGraceMs = 10_000;
const shownLines = 10;
const unseen = { code: null, signal: null };

export interface JobRunnerOptions extends SupervisorOptions {
  /** What serves of a service now, which is what its jobs run. */
  serving(service: string): Version | null;
}

/**
 * Carries one job through time: takes events one after the other, keeps what came of each before it
 * does what that asks for. All decisions are made in `stepJob`.
 */
export class JobRunner {
  readonly service: string;
  readonly job: string;
  readonly #options: JobRunnerOptions;
  readonly #closing = new AbortController();
  readonly #tasks = new Set<Promise<void>>();
  #state: JobState;
  #plan: JobPlan | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  /** Kept as starting by a controller that was killed before it asked the driver. */
  #neverStarted: string[] = [];
  /** The driver could not stop them; asked again at each tick while they run. */
  #unstopped: string[] = [];
  #ticking = false;
  #unsaved = false;
  #told = false;

  constructor(service: string, job: string, kept: JobState | null, options: JobRunnerOptions) {
    this.service = service;
    this.job = job;
    this.#options = options;
    this.#state = kept ?? emptyJob(options.clock.nowMs());
  }

  get state(): JobState {
    return this.#state;
  }

  /** As the manifest has it; null once it has not. */
  get plan(): JobPlan | null {
    return this.#plan;
  }

  get name(): string {
    return `${this.service}.${this.job}`;
  }

  setPlan(plan: JobPlan | null): void {
    this.#plan = plan;
    for (const id of this.#neverStarted.splice(0)) this.#track(this.#start(id));
  }

  context(): JobContext {
    const { clock, randomness, serving } = this.#options;
    const nowMs = clock.nowMs();
    return {
      nowMs,
      name: this.name,
      plan: this.#planInForce(),
      release: serving(this.service)?.release.digest ?? null,
      newId: () => jobRunName(this.service, this.job, nowMs, randomness.id(6)),
    };
  }

  /**
   * Takes over the runs that an earlier controller left, as the driver knows them: one that runs is
   * waited for, one that was never started is started once there is a plan, and one that is gone
   * has ended unseen.
   */
  adopt(found: ReadonlyMap<string, RunningInstance>): void {
    for (const run of this.#state.running) {
      const instance = found.get(run.id);
      if (instance !== undefined) this.#track(this.#adoptRun(run, instance.alive));
      else if (run.phase === 'starting') this.#neverStarted.push(run.id);
      else this.#track(this.#tell({ kind: 'ended', id: run.id, exit: unseen, lastLines: [] }));
    }
  }

  tick(): void {
    if (this.#ticking) return;
    this.#ticking = true;
    for (const id of this.#unstopped.splice(0)) this.#stop(id, false);
    void this.#lookAtClock().finally(() => {
      this.#ticking = false;
    });
  }

  /** What cannot be kept is tried at every tick, and told once. */
  async #lookAtClock(): Promise<void> {
    try {
      await this.dispatch({ kind: 'tick' });
      this.#told = false;
    } catch (error) {
      if (!this.#told) this.#warn('job not kept, trying on', error);
      this.#told = true;
    }
  }

  /** Starts a run for a person and returns its name; rejects with TurnoutError `job-not-now`. */
  async ask(who: string): Promise<string> {
    const why = canRun(this.#state, this.context());
    const effects = why === null ? await this.dispatch({ kind: 'asked', who }) : [];
    for (const effect of effects) if (effect.kind === 'start') return effect.id;
    throw new TurnoutError(
      'job-not-now',
      `${this.name} cannot be run now: ${why ?? 'it was started by somebody else'}.`,
      'See `turnout jobs` for what runs, and `turnout status` for the service; then try again.',
    );
  }

  /** Resolves with what is done once what came of the event is kept; rejects when it cannot be. */
  dispatch(event: JobEvent): Promise<readonly JobEffect[]> {
    const turn = this.#queue.then(() => this.#take(event));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Stops looking and leaves what runs running. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the controller stops'));
    await this.#queue;
    await Promise.allSettled(this.#tasks);
  }

  async erase(): Promise<void> {
    await this.close();
    await this.#options.state.delete(this.#key());
  }

  async #take(event: JobEvent): Promise<readonly JobEffect[]> {
    if (this.#closing.signal.aborted) return [];
    const { state, effects } = stepJob(this.#state, event, this.context());
    if (state !== this.#state || this.#unsaved) {
      // A start must be kept before it is made; what has happened is true whether kept or not.
      const starts = effects.some(({ kind }) => kind === 'start');
      if (!starts) {
        this.#state = state;
        this.#unsaved = true;
      }
      try {
        await this.#options.state.put(this.#key(), state as unknown as JsonValue);
      } catch (error) {
        // The state in memory has them behind it, so that no later event asks for them again.
        if (!starts) for (const effect of effects) this.#perform(effect);
        throw error;
      }
      this.#state = state;
      this.#unsaved = false;
    }
    for (const effect of effects) this.#perform(effect);
    return effects;
  }

  #perform(effect: JobEffect): void {
    const { journal } = this.#options;
    switch (effect.kind) {
      case 'start':
        return this.#track(this.#start(effect.id));
      case 'stop':
        return this.#stop(effect.id, true);
      case 'record':
        return this.#track(journal.append(effect.entry).then(() => undefined));
    }
  }

  /** Not waited for by `close`: a successor finds it overdue and stops it again. */
  #stop(id: string, isFirst: boolean): void {
    if (!this.#state.running.some((run) => run.id === id)) return;
    this.#options.driver.stop(id, stopGraceMs).catch((error: unknown) => {
      // Said once, though it is tried at every tick.
      if (isFirst) this.#warn('job not stopped, trying on', error);
      this.#unstopped.push(id);
    });
  }

  /** What the release that serves has: a new command may be in the next release only. */
  #planInForce(): JobPlan | null {
    if (this.#plan === null) return null;
    const jobs = this.#options.serving(this.service)?.plan.jobs ?? [];
    return jobs.find(({ job }) => job === this.job) ?? null;
  }

  async #start(id: string): Promise<void> {
    const version = this.#options.serving(this.service);
    const command = this.#planInForce()?.command;
    try {
      if (version === null || command === undefined) {
        throw new Error('there is no release of its service, or no such job any more');
      }
      await startBeside(version, id, command, this.#options);
    } catch (error) {
      await this.#tell({ kind: 'start-failed', id, reason: reasonWithRemedy(error) });
      return;
    }
    await this.#tell({ kind: 'started', id });
    await this.#watch(id);
  }

  async #adoptRun(run: JobRun, alive: boolean): Promise<void> {
    // Killed between the driver's start and its record here, or between deadline and stop.
    if (alive) await this.#tell({ kind: 'started', id: run.id });
    await this.#watch(run.id);
  }

  async #watch(id: string): Promise<void> {
    const { driver } = this.#options;
    const exit = await driver.waitForExit(id, this.#closing.signal);
    const lastLines = await driver.lastLines(id, shownLines);
    await this.dispatch({ kind: 'ended', id, exit, lastLines });
    // Else a successor shall find it.
    if (!this.#closing.signal.aborted) await driver.forget(id);
  }

  async #tell(event: JobEvent): Promise<void> {
    await this.dispatch(event).catch((error: unknown) => this.#warn('job not kept', error));
  }

  #track(work: Promise<void>): void {
    const task = work
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#warn('job', error);
      })
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  #warn(message: string, error: unknown): void {
    this.#options.log.warn(message, { job: this.name, reason: String(error) });
  }

  #key(): string {
    return `${JOBS_PREFIX}${this.service}/${this.job}`;
  }
}
