/**
 * Retries in proportion to requests, so that a failing service is not buried under them: every
 * request deposits a fraction of a retry, every retry takes a whole one. (The token bucket of
 * Finagle's and Envoy's retry budgets.)
 */
export interface RetryBudget {
  /** One request has begun. */
  deposit(): void;
  /** True, and one retry less, while the budget lasts. */
  withdraw(): boolean;
}

const PER_REQUEST = 0.2;
/** Enough for all that may be in flight on one instance when it dies. */
const CAPACITY = 512;

export function createRetryBudget(): RetryBudget {
  let tokens = CAPACITY;
  return {
    deposit() {
      if (tokens < CAPACITY) tokens += PER_REQUEST;
    },
    withdraw() {
      if (tokens < 1) return false;
      tokens--;
      return true;
    },
  };
}
