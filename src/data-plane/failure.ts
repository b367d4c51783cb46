import type { ForcedRung } from '../contract/switch-value.ts';

/** Why an answer is not what its feature promises: what a ladder steps in for. A 4xx never is. */
export interface AnswerFailure {
  readonly cause: FailureCause;
  /**
   * The need or role (`db.primary`) that the service said it has lost, of those that the feature
   * declares; null where nobody knows, which is `otherwise`.
   */
  readonly need: string | null;
  /** Whether a byte of the request may have reached the service: a write may have taken effect. */
  readonly reached: boolean;
  /** The rung that a switch forces; absent for every other cause. */
  readonly rung?: ForcedRung;
}

export type FailureCause =
  /** No instance could be reached, or none had room. */
  | 'unreached'
  /** The connection ended before an answer had begun. */
  | 'lost'
  | 'late'
  | 'malformed'
  /** The service answered 502 to 504, or 500 where that is declared a failure. */
  | 'status'
  /** Its breaker is open. */
  | 'open'
  /** Turned away under overload. */
  | 'shed'
  /** A switch says so. */
  | 'switched';
