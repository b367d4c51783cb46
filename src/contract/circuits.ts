/**
 * What workers tell of the circuits in front of services and features, and what people tell them.
 * `circuit-reports/<worker>` says how a worker's circuits stand; `circuit-holds/<circuit>` holds
 * one by hand, in all workers, until it is let go.
 *
 * A circuit is `donations` (whether the service is reached at all), `donations.donate/reads` or
 * `donations.donate/writes` (what came of requests of a feature). `donations.donate` means both.
 * In front of a partner's API they are `partners:voter-file` and `partners:voter-file.calls/…`.
 */
export const CIRCUIT_REPORTS_PREFIX = 'circuit-reports/';
export const CIRCUIT_HOLDS_PREFIX = 'circuit-holds/';

/** `type`, not `interface`: a type alias is assignable to JsonValue. */
export type CircuitReport = {
  readonly worker: string;
  /** Milliseconds since the epoch, as all times here. */
  readonly atMs: number;
  readonly circuits: readonly CircuitStatus[];
  readonly limits: readonly LimitStatus[];
  /** Only what is not simply well. */
  readonly instances: readonly TroubledInstance[];
};

export type CircuitStatus = {
  readonly circuit: string;
  readonly state: CircuitState;
  readonly sinceMs: number;
  /** Why it opened; null while it is closed, or held. */
  readonly reason: CircuitReason | null;
  /** Of the last ten seconds, in this worker; nothing is counted while it is not closed. */
  readonly calls: number;
  readonly bad: number;
  /** Since the worker started. */
  readonly opened: number;
  readonly refused: number;
};

/** `held-…`: by hand. `half-open`: one call tries, the rest are refused. */
export type CircuitState = 'closed' | 'open' | 'half-open' | 'held-open' | 'held-closed';

export type CircuitReason = {
  readonly calls: number;
  readonly failed: number;
  readonly slow: number;
  /** The need that most failures named; null where most named none. */
  readonly need: string | null;
};

/** A limit of the whole site, and what this worker has of it. */
export type LimitStatus = {
  readonly feature: string;
  readonly limit: number;
  readonly share: number;
  readonly inFlight: number;
};

export type TroubledInstance = {
  readonly service: string;
  /** Its id and address. */
  readonly instance: string;
  /**
   * `unreached`: it could just not be reached. `ejected`: put aside for how it answered. `sick`: it
   * does not answer its health check. `warming`: new, or just back, and given little at first.
   */
  readonly state: 'unreached' | 'ejected' | 'sick' | 'warming';
};

/** By hand: a circuit, or both of a feature. */
export type CircuitHold = {
  readonly position: 'open' | 'closed';
  readonly who: string;
  readonly why: string | null;
  readonly atMs: number;
};

const name = '[a-z][a-z0-9-]{0,62}';

/** `donations`, `partners:voter-file`, `donations.donate/reads`: what people may name. */
export const CIRCUIT_NAME = new RegExp(
  `^${name}(?::${name})?(?:\\.${name}(?:/(?:reads|writes))?)?$`,
);
