import type { JobHistory, JobStatus } from '../../contract/job-status.ts';
import type { StatusNote } from '../../contract/status.ts';
import type { ServicePlan } from '../../derive/release-plan/release-plan.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { RunningInstance } from '../../ports/driver/port.ts';
import { tidyLogs } from '../supervisor/instance-logs.ts';
import { describeHistory, describeJob, noteJob } from './describe-job.ts';
import { isJobRun } from './job-run-name.ts';
import { JOBS_PREFIX, JobRunner } from './job-runner.ts';
import type { JobRunnerOptions } from './job-runner.ts';
import type { JobState } from './job-state.ts';

/** Runs what services want run now and then, each as an instance of the release that serves. */
export interface Jobs {
  /** Says which jobs there are; one that is no longer there is not started again. */
  apply(plans: readonly ServicePlan[]): Promise<void>;
  /**
   * Runs `service.job` now and returns the name of the run. Rejects with `job-unknown` or
   * `job-not-now`.
   */
  run(name: string, who: string): Promise<string>;
  statuses(): readonly JobStatus[];
  /** Rejects with `job-unknown`. */
  history(name: string): Promise<JobHistory>;
  /** What an operator must know of them. */
  notes(): readonly StatusNote[];
  /** Digests of the releases of a service whose jobs run now: they must not be collected. */
  releasesInUse(service: string): ReadonlySet<string>;
  /** Stops keeping time and leaves what runs running, for a successor to adopt. */
  close(): Promise<void>;
}

const tickMs = 250;
const tidyLogsMs = 5_000;

/** Opens the jobs of a site, and takes over what an earlier controller left running. */
export async function createJobs(options: JobRunnerOptions): Promise<Jobs> {
  const runners = new Map<string, JobRunner>();
  for (const { key, value } of await options.state.list(JOBS_PREFIX)) {
    const [service = '', job = ''] = key.slice(JOBS_PREFIX.length).split('/');
    const runner = new JobRunner(service, job, value as unknown as JobState, options);
    runners.set(runner.name, runner);
  }
  const found = (await options.driver.list()).filter(({ id, service }) => isJobRun(service, id));
  const known = new Map(found.map((instance) => [instance.id, instance]));
  for (const runner of runners.values()) runner.adopt(known);
  void buryStrangers(found, runners, options);
  return new ScheduledJobs(runners, options);
}

class ScheduledJobs implements Jobs {
  readonly #runners: Map<string, JobRunner>;
  readonly #options: JobRunnerOptions;
  readonly #timers: readonly { cancel(): void }[];

  constructor(runners: Map<string, JobRunner>, options: JobRunnerOptions) {
    this.#runners = runners;
    this.#options = options;
    this.#timers = [
      options.clock.every(tickMs, () => {
        for (const runner of this.#runners.values()) runner.tick();
      }),
      options.clock.every(tidyLogsMs, () => void this.#tidyLogs()),
    ];
  }

  async apply(plans: readonly ServicePlan[]): Promise<void> {
    const wanted = new Set<string>();
    for (const { service, jobs } of plans) {
      for (const plan of jobs) {
        const runner = this.#runner(service, plan.job);
        wanted.add(runner.name);
        runner.setPlan(plan);
      }
    }
    for (const [name, runner] of this.#runners) {
      if (wanted.has(name)) continue;
      runner.setPlan(null);
      if (runner.state.running.length > 0) continue;
      this.#runners.delete(name);
      await runner.erase();
    }
  }

  run(name: string, who: string): Promise<string> {
    return this.#known(name).then((runner) => runner.ask(who));
  }

  statuses(): readonly JobStatus[] {
    return [...this.#runners.values()]
      .map((runner) => describeJob(runner, runner.state, runner.plan))
      .sort((a, b) => a.service.localeCompare(b.service) || a.job.localeCompare(b.job));
  }

  async history(name: string): Promise<JobHistory> {
    const runner = await this.#known(name);
    return describeHistory(runner, runner.state, runner.plan);
  }

  notes(): readonly StatusNote[] {
    return [...this.#runners.values()].flatMap((runner) => noteJob(runner, runner.state));
  }

  releasesInUse(service: string): ReadonlySet<string> {
    const own = [...this.#runners.values()].filter((runner) => runner.service === service);
    return new Set(own.flatMap(({ state }) => state.running.map(({ release }) => release)));
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    await Promise.all([...this.#runners.values()].map((runner) => runner.close()));
  }

  async #known(name: string): Promise<JobRunner> {
    const runner = this.#runners.get(name);
    if (runner !== undefined) return runner;
    throw new TurnoutError(
      'job-unknown',
      `There is no job ${name}.`,
      'See `turnout jobs` for those there are: each is named service.job.',
    );
  }

  #runner(service: string, job: string): JobRunner {
    const known = this.#runners.get(`${service}.${job}`);
    if (known !== undefined) return known;
    const runner = new JobRunner(service, job, null, this.#options);
    this.#runners.set(runner.name, runner);
    return runner;
  }

  async #tidyLogs(): Promise<void> {
    const { logsFolder, log } = this.#options;
    const all = [...this.#runners.values()];
    for (const service of new Set(all.map((runner) => runner.service))) {
      const running = all.flatMap(({ state }) => state.running.map(({ id }) => id));
      await tidyLogs(logsFolder, service, new Set(running), (id) => isJobRun(service, id)).catch(
        (error: unknown) => log.warn('logs of jobs not tidied', { service, reason: String(error) }),
      );
    }
  }
}

/** Runs whose job nobody remembers: what still runs is stopped, for nobody would see its end. */
async function buryStrangers(
  found: readonly RunningInstance[],
  runners: ReadonlyMap<string, JobRunner>,
  { driver, log }: JobRunnerOptions,
): Promise<void> {
  const known = new Set(
    [...runners.values()].flatMap(({ state }) => state.running.map(({ id }) => id)),
  );
  for (const { id } of found) {
    if (known.has(id)) continue;
    try {
      await driver.stop(id, 0);
      await driver.forget(id);
    } catch (error) {
      log.warn('a run of no job', { id, reason: String(error) });
    }
  }
}
