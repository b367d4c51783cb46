import type { JobRunStatus } from '../../contract/job-status.ts';
import type { JobPlan } from '../../derive/release-plan/release-plan.ts';
import type { InstanceExit } from '../../ports/driver/port.ts';
import type { NewJournalEntry } from '../../ports/journal/port.ts';
import type { JobSchedule } from './job-schedule.ts';

/**
 * All that is kept of one job; times are milliseconds since the epoch, for they outlive the
 * machine's boot. `stepJob` is the one function that makes the next state of it. Type aliases, so
 * that it can be kept as JSON.
 */
export type JobState = {
  /** What `sinceMs` and `lastMomentMs` were counted by; null before there was a plan. */
  readonly schedule: JobSchedule | null;
  /** When this schedule began to count. */
  readonly sinceMs: number;
  /** The last moment that was taken, by a run or by skipping it; null before the first. */
  readonly lastMomentMs: number | null;
  readonly running: readonly JobRun[];
  /** Newest first. */
  readonly ended: readonly EndedRun[];
  /** Runs in a row that did not end well. */
  readonly failuresInRow: number;
};

export type JobRun = {
  /** Name of its instance, unique for ever. */
  readonly id: string;
  /** The moment it runs for; null when a person asked for it. */
  readonly momentMs: number | null;
  readonly startedMs: number;
  readonly who: string;
  readonly release: string;
  readonly deadlineMs: number;
  /** `starting` is kept before the driver is asked, so that no run is ever started twice. */
  readonly phase: 'starting' | 'running' | 'stopping';
  readonly late: boolean;
  readonly skipped: number;
};

export type EndedRun = {
  readonly id: string;
  readonly momentMs: number | null;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly who: string;
  readonly release: string;
  readonly outcome: JobRunStatus['outcome'];
  readonly exit: InstanceExitKept;
  readonly late: boolean;
  readonly skipped: number;
  readonly lastLines: readonly string[];
};

type InstanceExitKept = { readonly code: number | null; readonly signal: string | null };

export type JobEvent =
  | { readonly kind: 'tick' }
  /** A person wants it to run now. */
  | { readonly kind: 'asked'; readonly who: string }
  | { readonly kind: 'started'; readonly id: string }
  | { readonly kind: 'start-failed'; readonly id: string; readonly reason: string }
  | {
      readonly kind: 'ended';
      readonly id: string;
      readonly exit: InstanceExit;
      readonly lastLines: readonly string[];
    };

export type JobEffect =
  | { readonly kind: 'start'; readonly id: string }
  | { readonly kind: 'stop'; readonly id: string }
  | { readonly kind: 'record'; readonly entry: NewJournalEntry };

/** What a step depends on beside the state. */
export interface JobContext {
  readonly nowMs: number;
  /** `donations.receipts`. */
  readonly name: string;
  /** Null where manifest or release have no such job: what runs ends, and nothing is started. */
  readonly plan: JobPlan | null;
  /** Digest of the release that serves; null while none does, and then nothing is started. */
  readonly release: string | null;
  newId(): string;
}

export function emptyJob(nowMs: number): JobState {
  return {
    schedule: null,
    sinceMs: nowMs,
    lastMomentMs: null,
    running: [],
    ended: [],
    failuresInRow: 0,
  };
}
