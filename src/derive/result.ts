import type { DeriveProblemCode } from './problem-codes.ts';

/**
 * What one derivation gives: its output, and why that output must not be used.
 *
 * A derivation is total: it gives a value even for a Model it refuses, so that those after it can
 * run and all problems come out at once. `deriveAll` is the only place that turns problems into a
 * refusal.
 */
export interface DeriveResult<T> {
  readonly value: T;
  readonly problems: readonly DeriveProblem[];
}

/** A defect of the manifests that shows only once they are put together. */
export interface DeriveProblem {
  readonly code: DeriveProblemCode;
  /** Where in the Model, as people name it: `donations`, `donations.donate`. */
  readonly place: string;
  readonly message: string;
  readonly remedy: string;
}
