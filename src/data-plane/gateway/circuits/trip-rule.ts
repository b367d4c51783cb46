import type { BreakerPolicy } from '../../../derive/policies/policies.ts';
import type { OutcomeWindow } from './window.ts';

/** When a breaker opens, and for how long: the strategy, apart from the mechanism. */
export type TripRule = BreakerPolicy;

/** Of the last so long, every breaker judges. */
export const WINDOW_MS = 10_000;

/** Of a configuration of before, which says nothing of breakers. */
export const defaultTripRule: TripRule = { errors: 0.5, slowMs: null, volume: 20, openMs: 5_000 };

export function isSlow(rule: TripRule, tookMs: number): boolean {
  return rule.slowMs !== null && tookMs >= rule.slowMs;
}

export function shouldTrip(rule: TripRule, { total, failed, slow }: OutcomeWindow): boolean {
  // Most of the time nothing has failed, and there is nothing to divide.
  const bad = failed + slow;
  return bad > 0 && total >= rule.volume && bad >= rule.errors * total;
}
