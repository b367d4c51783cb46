import type { NewJournalEntry } from '../../ports/journal/port.ts';
import type { InstanceExit } from '../../ports/driver/port.ts';
import type { Version } from './version.ts';

/**
 * All that the supervisor holds about one service. Times are monotonic milliseconds; those named
 * `EpochMs` are for people. `step` is the one function that makes the next state of it.
 */
export interface ServiceState {
  readonly service: string;
  /** What shall serve; null once the service is to go away. */
  readonly target: Version | null;
  /** What serves until the target does; null before the first one did. */
  readonly serving: Version | null;
  readonly rollout: Rollout;
  readonly instances: readonly Instance[];
  /** How starting goes, by generation. */
  readonly attempts: Readonly<Record<string, Attempts>>;
  /** Places that instances left by failing; each replacement takes one. */
  readonly vacancies: readonly Vacancy[];
  /**
   * Since when sick instances are left alone, because more than half are; null when they are not.
   */
  readonly replacementStoppedEpochMs: number | null;
}

/** How far the target has come. */
export type Rollout =
  /** Its `before` command has still to end well. */
  | { readonly kind: 'preparing'; readonly running: boolean }
  /** Its instances are started beside those that serve. */
  | { readonly kind: 'starting' }
  /** It serves. */
  | { readonly kind: 'done' }
  /** It failed too often while another version serves: nothing more is tried with it. */
  | { readonly kind: 'halted'; readonly failure: Failure };

export interface Failure {
  readonly atEpochMs: number;
  readonly reason: string;
  readonly lastLines: readonly string[];
}

export interface Attempts {
  /** Failed starts in a row; those of one round count once. */
  readonly failures: number;
  /** No new start before that time. */
  readonly notBeforeMs: number;
  /** When the last one that counted was: what was started before it belongs to its round. */
  readonly lastFailureMs: number;
  readonly lastFailure: Failure;
}

export interface Vacancy {
  readonly restarts: number;
  readonly failure: Failure;
}

export interface Instance {
  readonly id: string;
  readonly generation: string;
  readonly release: string;
  readonly bornMs: number;
  readonly bornEpochMs: number;
  /** How many stood in its place before it. */
  readonly restarts: number;
  /** Why the one before it failed. */
  readonly lastFailure: Failure | null;
  /** Null until the driver has started it. */
  readonly process: { readonly address: string; readonly pid: number | null } | null;
  /** Takes requests until its replacement can. */
  readonly retiring: boolean;
  readonly state: InstanceState;
}

export type InstanceState =
  /** The driver is starting its process. */
  | { readonly kind: 'launching' }
  /** Its process runs and has not answered a health check yet. */
  | { readonly kind: 'starting'; readonly lastProblem: string | null }
  | { readonly kind: 'healthy'; readonly sinceMs: number; readonly failures: number }
  /** Failed too many health checks in a row. */
  | { readonly kind: 'sick'; readonly sinceMs: number; readonly reason: string }
  /** Out of rotation; workers are learning it. */
  | { readonly kind: 'draining'; readonly sinceMs: number }
  /** The driver is stopping its process. */
  | { readonly kind: 'stopping' };

export type ServiceEvent =
  | { readonly kind: 'apply'; readonly version: Version }
  | { readonly kind: 'remove' }
  | { readonly kind: 'replace'; readonly id: string; readonly why: string }
  /** Nobody saw how the `before` command ended: it is run again. */
  | { readonly kind: 'prepare-lost'; readonly generation: string }
  | { readonly kind: 'prepared'; readonly generation: string }
  | { readonly kind: 'prepare-failed'; readonly generation: string; readonly failure: Failure }
  | {
      readonly kind: 'started';
      readonly id: string;
      readonly address: string;
      readonly pid: number | null;
    }
  | { readonly kind: 'start-failed'; readonly id: string; readonly reason: string }
  | {
      readonly kind: 'checked';
      readonly id: string;
      /** Null when it is healthy. */
      readonly problem: string | null;
    }
  | {
      readonly kind: 'exited';
      readonly id: string;
      readonly exit: InstanceExit;
      readonly lastLines: readonly string[];
    }
  | { readonly kind: 'tick' };

/** What the world must do next; each ends in an event. */
export type Effect =
  | { readonly kind: 'prepare'; readonly version: Version }
  | { readonly kind: 'start'; readonly id: string; readonly version: Version }
  | { readonly kind: 'stop'; readonly id: string; readonly graceMs: number }
  | { readonly kind: 'record'; readonly entry: NewJournalEntry };

/** Time and chance for one step. */
export interface StepContext {
  readonly nowMs: number;
  readonly epochMs: number;
  /** A random part for an instance's name. */
  newId(): string;
  /** In [0, 1). */
  fraction(): number;
}

export function emptyService(service: string): ServiceState {
  return {
    service,
    target: null,
    serving: null,
    rollout: { kind: 'done' },
    instances: [],
    attempts: {},
    vacancies: [],
    replacementStoppedEpochMs: null,
  };
}
