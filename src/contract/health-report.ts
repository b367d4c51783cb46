import type { CircuitStatus } from './circuits.ts';
import type { RungName } from './feature-health.ts';

/**
 * What each worker tells the others and the controller of how features stand by what it saw:
 * `health-reports/<worker>`. All counts are of the last ten seconds and of that worker alone.
 */
export const HEALTH_REPORTS_PREFIX = 'health-reports/';

/** Reports are said again before that; of a worker that hangs or is gone the last is no news. */
export const HEALTH_REPORT_LIVES_MS = 30_000;

/** `type`, not `interface`: a type alias is assignable to JsonValue. */
export type HealthReport = {
  readonly worker: string;
  /** Milliseconds since the epoch, as all times here. */
  readonly atMs: number;
  readonly features: readonly FeatureReport[];
  readonly needs: readonly NeedReport[];
  /** Those that are not simply closed. */
  readonly circuits: readonly CircuitStatus[];
  /** Of the one worker that replays; empty in the others, and where nothing waits. */
  readonly queues: readonly QueueReport[];
};

export type FeatureReport = {
  readonly feature: string;
  readonly tier: 'core' | 'important' | 'sheddable';
  readonly isPublic: boolean;
  readonly rung: RungName;
  readonly sinceMs: number;
  /**
   * When the worker last heard of the feature itself, and not of what is kept; null where it never
   * did, and missing from a worker of an older Turnout.
   */
  readonly heardMs?: number | null;
  /** Why it is not `full`, by the last answer that was not. */
  readonly reason: { readonly cause: string | null; readonly need: string | null } | null;
  readonly stats: FeatureStats;
};

/** Answers by what became of them; each is one of these, and counted once. */
export type AnswerCounts = {
  /** As promised, by the service. */
  readonly full: number;
  readonly kept: number;
  /** By a rung that gives what was asked for: stale, static, region, queue, redirect. */
  readonly stepped: number;
  /** Turned away by a rung: closed, read-only. */
  readonly closed: number;
  /** Failed with nothing to hold it. */
  readonly failed: number;
  /** Refused for what the client sent (4xx). */
  readonly refused: number;
};

/** Why answers failed, whether or not a rung held them. */
export type FailureCounts = {
  readonly unreached: number;
  readonly lost: number;
  readonly late: number;
  readonly malformed: number;
  readonly status: number;
  readonly open: number;
  readonly shed: number;
  readonly switched: number;
};

export type FeatureStats = AnswerCounts & {
  readonly failures: FailureCounts;
  readonly inFlight: number;
  /** How many took about so long (`latency-classes.ts`), of those that were not at hand. */
  readonly latency: readonly number[];
};

/** Of a feature that nobody has asked for. */
export const noStats: FeatureStats = {
  full: 0,
  kept: 0,
  stepped: 0,
  closed: 0,
  failed: 0,
  refused: 0,
  failures: {
    unreached: 0,
    lost: 0,
    late: 0,
    malformed: 0,
    status: 0,
    open: 0,
    shed: 0,
    switched: 0,
  },
  inFlight: 0,
  latency: [],
};

/** What the instances of a service say of one of its needs, on their answers. */
export type NeedReport = {
  readonly service: string;
  /** The need (`db`), or a role of it that is lost (`db.primary`). */
  readonly need: string;
  readonly state: 'up' | 'down';
  /** Since when instances say so without a break; of `up`, since they began to report. */
  readonly sinceMs: number;
  /** Instances that say so, of those that report. */
  readonly saidBy: readonly string[];
  readonly reporting: number;
  /** Answers that came with a report in the last ten seconds, and those that named it lost. */
  readonly answers: number;
  readonly lost: number;
};

/** Acknowledged writes that wait to be carried out. */
export type QueueReport = {
  readonly feature: string;
  readonly waiting: number;
  readonly oldestMs: number | null;
  readonly deadLetters: number;
};
