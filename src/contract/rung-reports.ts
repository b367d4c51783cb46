import type { RungName } from './feature-health.ts';

/** Where each worker tells which rungs answer for features: `rung-reports/<worker>`. */
export const RUNG_REPORTS_PREFIX = 'rung-reports/';

/** `type`, not `interface`: a type alias is assignable to JsonValue. */
export type RungReport = {
  readonly worker: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** Those in force in this worker: each finds out for itself. */
  readonly rungs: readonly ReportedRung[];
};

export type ReportedRung = {
  /** `donations.totals`. */
  readonly feature: string;
  /** `stale`, `static`, `closed` … */
  readonly rung: RungName;
  /** The need that was lost; null where nobody knows. */
  readonly need: string | null;
  /** `status`, `late`, `unreached` … */
  readonly cause: string;
  /** Whether it is reads that fail, or writes. */
  readonly requests: 'reads' | 'writes';
  readonly sinceMs: number;
  /** Requests that it answered since then. */
  readonly served: number;
};
