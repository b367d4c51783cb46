import type { Sight } from './sight.ts';

/**
 * How long something wrong must stand before it is refused: an editor empties a file before it
 * writes it, or takes it away for a moment.
 */
export const PATIENCE_MS = 500;
/** How long what may be cut off must stand before it is used: the rest comes within moments. */
export const REST_MS = 50;

/** A `cut` text is right as far as it goes, and may be the beginning of a longer one. */
export type SightQuality = 'good' | 'cut' | 'wrong';

/** What was last made of the place of the flags. */
export type SightState =
  | { readonly kind: 'settled'; readonly sight: Sight | null }
  /** Perhaps only half written. */
  | { readonly kind: 'doubted'; readonly sight: Sight; readonly sinceMs: number };

export type SightEffect =
  | { readonly kind: 'nothing' | 'use' | 'refuse' }
  | { readonly kind: 'look-again'; readonly inMs: number };

/**
 * What becomes of a sight: what is good is used at once, what may be cut off when it has stood for
 * a moment, what is wrong is refused when it has stood for a while. Whatever was settled before is
 * not worth a word again.
 */
export function judgeSight(
  state: SightState,
  sight: Sight,
  quality: SightQuality,
  nowMs: number,
): { readonly state: SightState; readonly effect: SightEffect } {
  if (state.kind === 'settled' && isSame(state.sight, sight)) {
    return { state, effect: { kind: 'nothing' } };
  }
  const settled: SightState = { kind: 'settled', sight };
  if (quality === 'good') return { state: settled, effect: { kind: 'use' } };
  const isNew = state.kind === 'settled' || !isSame(state.sight, sight);
  const sinceMs = isNew ? nowMs : state.sinceMs;
  const leftMs = sinceMs + (quality === 'cut' ? REST_MS : PATIENCE_MS) - nowMs;
  if (leftMs > 0) {
    const doubted: SightState = { kind: 'doubted', sight, sinceMs };
    return { state: doubted, effect: { kind: 'look-again', inMs: leftMs } };
  }
  return { state: settled, effect: { kind: quality === 'cut' ? 'use' : 'refuse' } };
}

function isSame(before: Sight | null, sight: Sight): boolean {
  if (before?.kind !== sight.kind) return false;
  return before.kind === 'text' && sight.kind === 'text'
    ? before.text === sight.text
    : before.kind === 'lost' && sight.kind === 'lost' && before.why === sight.why;
}
