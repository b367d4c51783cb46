/**
 * How a feature stands towards one of its needs, as one worker sees it. The way down is one step at
 * the first failure; the way back takes good answers for a while, so that a need that comes and
 * goes does not take the feature up and down with it.
 */
export type Standing =
  | { readonly kind: 'well' }
  | {
      readonly kind: 'down';
      readonly sinceMs: number;
      /** Good answers since the last failure. */
      readonly good: number;
      /** When the first of them came. */
      readonly goodSinceMs: number;
      /** When the next request may be passed on to see; later while one is under way. */
      readonly probeAtMs: number;
    };

type Down = Extract<Standing, { readonly kind: 'down' }>;

/** All of it holds per worker: each finds out for itself. */
export interface Hysteresis {
  /** Good answers in a row that lead back, … */
  readonly goodAnswers: number;
  /** … over at least so long. */
  readonly goodMs: number;
  /** Between requests that are passed on while a need is lost. */
  readonly probeEveryMs: number;
  /** After that time one of which nothing was heard counts for nothing. */
  readonly probeMs: number;
  /** Of which nothing was heard for so long, that is no longer said to be in force. */
  readonly silentMs: number;
}

export const usualHysteresis: Hysteresis = {
  goodAnswers: 5,
  goodMs: 5_000,
  probeEveryMs: 1_000,
  probeMs: 30_000,
  silentMs: 30_000,
};

export const well: Standing = { kind: 'well' };

/** The feature failed by this need: down at once, and all good answers are forgotten. */
export function failed(standing: Standing, terms: Hysteresis, nowMs: number): Down {
  const sinceMs = standing.kind === 'down' ? standing.sinceMs : nowMs;
  const probeAtMs = nowMs + terms.probeEveryMs;
  return { kind: 'down', sinceMs, good: 0, goodSinceMs: nowMs, probeAtMs };
}

/** The feature answered: well again where that is enough. */
export function answered(standing: Standing, terms: Hysteresis, nowMs: number): Standing {
  if (standing.kind === 'well') return standing;
  const good = standing.good + 1;
  const goodSinceMs = standing.good === 0 ? nowMs : standing.goodSinceMs;
  if (good >= terms.goodAnswers && nowMs - goodSinceMs >= terms.goodMs) return well;
  const probeAtMs = Math.min(standing.probeAtMs, nowMs + terms.probeEveryMs);
  return { ...standing, good, goodSinceMs, probeAtMs };
}

/** A request came to nothing that says how the need stands: another may be passed on soon. */
export function unclear(standing: Standing, terms: Hysteresis, nowMs: number): Standing {
  if (standing.kind === 'well') return standing;
  return { ...standing, probeAtMs: Math.min(standing.probeAtMs, nowMs + terms.probeEveryMs) };
}

/** Whether a request may be passed on to see how the need stands. */
export function mayProbe(standing: Standing, nowMs: number): boolean {
  return standing.kind === 'well' || nowMs >= standing.probeAtMs;
}

/** One was passed on: no other before it comes back, or is given up. */
export function probing(standing: Standing, terms: Hysteresis, nowMs: number): Standing {
  if (standing.kind === 'well') return standing;
  return { ...standing, probeAtMs: nowMs + terms.probeMs };
}
