/**
 * How the jobs of a site stand: what `GET /api/jobs` answers. Type aliases, so that every one is
 * assignable to JsonValue; times are ISO 8601 in UTC.
 */
export type JobStatus = {
  readonly service: string;
  readonly job: string;
  /**
   * `every 1m`, or five cron fields; null for one that is no longer in a manifest and still runs.
   */
  readonly schedule: string | null;
  readonly overlap: 'skip' | 'allow' | null;
  readonly deadlineMs: number | null;
  /** When it runs next; null when never. */
  readonly next: string | null;
  readonly running: readonly RunningJobStatus[];
  readonly last: JobRunStatus | null;
  readonly failuresInRow: number;
};

export type RunningJobStatus = {
  /** Its instance, which `turnout logs --instance` takes. */
  readonly run: string;
  readonly due: string | null;
  readonly startedAt: string;
  readonly who: string;
};

export type JobRunStatus = {
  readonly run: string;
  /** The moment it ran for; null for one that a person asked for. */
  readonly due: string | null;
  readonly startedAt: string;
  readonly endedAt: string;
  /** `schedule`, or who asked. */
  readonly who: string;
  readonly release: string;
  /**
   * `deadline`: it took too long and was stopped. `unseen`: it ended while no controller was there
   * to see how. `not-started`: there was nothing to run.
   */
  readonly outcome: 'done' | 'failed' | 'deadline' | 'unseen' | 'not-started';
  readonly exit: number | null;
  readonly signal: string | null;
  /** Its moment had passed while no controller kept time. */
  readonly late: boolean;
  /** Moments that passed while it ran and were skipped. */
  readonly skipped: number;
  /** What it wrote last, where it did not end well; oldest first. */
  readonly lastLines: readonly string[];
};

export type JobHistory = JobStatus & {
  /** Newest first, at most 50. */
  readonly runs: readonly JobRunStatus[];
};
