import type { OutcomeWindow } from './window.ts';

/** When a breaker opens, and for how long: the strategy, apart from the mechanism. */
export interface TripRule {
  /** Share of the calls in the window that failed or were slow, from which on it opens. */
  readonly errors: number;
  /** A call that takes this long counts as one that failed; null for none. */
  readonly slowMs: number | null;
  /** Fewer calls than these within the window say nothing. */
  readonly volume: number;
  /** How long it stays open before it lets one call try. */
  readonly openMs: number;
}

/** Of the last so long, every breaker judges. */
export const WINDOW_MS = 10_000;

export const defaultTripRule: TripRule = { errors: 0.5, slowMs: null, volume: 20, openMs: 5_000 };

export function isSlow(rule: TripRule, tookMs: number): boolean {
  return rule.slowMs !== null && tookMs >= rule.slowMs;
}

export function shouldTrip(rule: TripRule, { total, failed, slow }: OutcomeWindow): boolean {
  // Most of the time nothing has failed, and there is nothing to divide.
  const bad = failed + slow;
  return bad > 0 && total >= rule.volume && bad >= rule.errors * total;
}
