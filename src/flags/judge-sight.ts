import type { Sight } from './sight.ts';

/**
 * How long something wrong must stand before it is refused: an editor empties a file before it
 * writes it, or takes it away for a moment.
 */
export const PATIENCE_MS = 500;

/** What was last made of the place of the flags. */
export type SightState =
  | { readonly kind: 'settled'; readonly sight: Sight | null }
  /** Wrong so far, and perhaps only half written. */
  | { readonly kind: 'doubted'; readonly sight: Sight; readonly sinceMs: number };

export type SightEffect = 'nothing' | 'use' | 'refuse' | 'look-again';

/**
 * What becomes of a sight: what is good is used at once, what is wrong is refused when it has stood
 * for a while. Whatever was settled before is not worth a word again.
 */
export function judgeSight(
  state: SightState,
  sight: Sight,
  isGood: boolean,
  nowMs: number,
): { readonly state: SightState; readonly effect: SightEffect } {
  if (isSame(state.kind === 'settled' ? state.sight : null, sight)) {
    return { state, effect: 'nothing' };
  }
  const settled: SightState = { kind: 'settled', sight };
  if (isGood) return { state: settled, effect: 'use' };
  if (state.kind === 'settled' || !isSame(state.sight, sight)) {
    return { state: { kind: 'doubted', sight, sinceMs: nowMs }, effect: 'look-again' };
  }
  return nowMs - state.sinceMs >= PATIENCE_MS
    ? { state: settled, effect: 'refuse' }
    : { state, effect: 'look-again' };
}

function isSame(before: Sight | null, sight: Sight): boolean {
  if (before?.kind !== sight.kind) return false;
  return before.kind === 'text' && sight.kind === 'text'
    ? before.text === sight.text
    : before.kind === 'lost' && sight.kind === 'lost' && before.why === sight.why;
}
