/** Where each worker tells what it turned away under overload: `shed-reports/<worker>`. */
export const SHED_REPORTS_PREFIX = 'shed-reports/';

/** `type`, not `interface`: a type alias is assignable to JsonValue. */
export type ShedReport = {
  readonly worker: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** How late its event loop has been all the time lately: its own queue. */
  readonly lagMs: number;
  readonly services: readonly ServiceLoadStats[];
};

/** What one worker has before one service. */
export type ServiceLoadStats = {
  readonly service: string;
  /**
   * Requests that it gives all instances together at a time, as found from their answers; null
   * before the first.
   */
  readonly limit: number | null;
  readonly inFlight: number;
  readonly features: readonly FeatureShedding[];
};

export type FeatureShedding = {
  /** `donations.donate`. */
  readonly feature: string;
  readonly tier: 'core' | 'important' | 'sheddable';
  /** Requests turned away since the worker started. */
  readonly shed: number;
  /** Since when, in milliseconds since the epoch; null where none was in the last ten seconds. */
  readonly sinceMs: number | null;
  /** What its answers take when nobody waits, as far as is known; null where it is not. */
  readonly baselineMs: number | null;
};
