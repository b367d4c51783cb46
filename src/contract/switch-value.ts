import { formatDuration, parseDuration } from '../lib/duration.ts';

/** The rungs of a ladder that a switch can force. */
export const forcedRungs = [
  'stale',
  'static',
  'region',
  'queue',
  'read-only',
  'redirect',
  'closed',
] as const;

export type ForcedRung = (typeof forcedRungs)[number];

/** What the value of a feature's switch means. */
export type SwitchValue =
  | { readonly kind: 'on' }
  | { readonly kind: 'rung'; readonly rung: ForcedRung }
  /** Every request that needs the service waits so long first. */
  | { readonly kind: 'slow'; readonly delayMs: number };

/** Longer than that, and clients have gone. */
export const LONGEST_SLOW_MS = 60_000;

const on: SwitchValue = { kind: 'on' };
const closed: SwitchValue = { kind: 'rung', rung: 'closed' };

/**
 * `true` and `on`, `false`, `off` and `closed`, a rung, or `slow 200ms`; null for anything else.
 */
export function readSwitchValue(value: unknown): SwitchValue | null {
  if (value === true || value === 'on') return on;
  if (value === false || value === 'off') return closed;
  if (typeof value !== 'string') return null;
  const rung = forcedRungs.find((name) => name === value);
  if (rung !== undefined) return { kind: 'rung', rung };
  const [, text = ''] = /^slow[ :]\s*(\S{1,20})$/.exec(value) ?? [];
  const delayMs = parseDuration(text);
  if (delayMs === null || delayMs < 1 || delayMs > LONGEST_SLOW_MS) return null;
  return { kind: 'slow', delayMs };
}

/** In its one form: `on`, `closed`, `slow 200ms`. */
export function showSwitchValue(value: SwitchValue): string {
  if (value.kind === 'rung') return value.rung;
  return value.kind === 'on' ? 'on' : `slow ${formatDuration(value.delayMs)}`;
}

/** The rungs that the switch of a feature with this ladder can force; `closed` always. */
export function switchRungs(
  ladder: readonly { readonly rungs: readonly { readonly kind: string }[] }[],
): readonly ForcedRung[] {
  const kinds = new Set(ladder.flatMap(({ rungs }) => rungs.map(({ kind }) => kind)));
  return forcedRungs.filter((rung) => rung === 'closed' || kinds.has(rung));
}
