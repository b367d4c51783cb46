import type { SetFlagRequest, UnsetFlagRequest } from '../../contract/flag-status.ts';
import { TurnoutError } from '../../lib/errors.ts';

const LONGEST_WHY = 1_000;
const LONGEST_VALUE = 10_000;
/** The last moment that a date can say (ECMA-262, 21.4.1.1). */
const LAST_MS = 8_640_000_000_000_000;
const known = new Set(['set', 'unset', 'value', 'isValue', 'for', 'until', 'why']);

export type FlagChange =
  | { readonly kind: 'set'; readonly request: SetFlagRequest }
  | { readonly kind: 'unset'; readonly request: UnsetFlagRequest };

/**
 * What `POST /api/flags` is asked, as JSON: `{ set: NAME, value }`, with `for` in milliseconds or
 * `until` in milliseconds since the epoch, `isValue` for a value that is no variant; or
 * `{ unset: NAME }`; with `why`. Throws TurnoutError `body-invalid`.
 */
export function readFlagChange(body: string, who: string, nowMs: number): FlagChange {
  const whole = parse(body);
  const unknown = Object.keys(whole).find((key) => !known.has(key));
  if (unknown !== undefined) throw invalid(`there is no \`${unknown.slice(0, 60)}\`.`);
  const { set, unset, value, isValue = false } = whole;
  const why = textOf(whole['why'], 'why', LONGEST_WHY);
  if (set === undefined) {
    const name = textOf(unset, 'unset', 120);
    if (name === null) throw invalid('`set` or `unset` is the name of a flag.');
    return { kind: 'unset', request: { name, who, why } };
  }
  const name = textOf(set, 'set', 120);
  if (name === null || unset !== undefined) throw invalid('Say `set` or `unset`, a name.');
  const wanted = textOf(value, 'value', LONGEST_VALUE);
  if (wanted === null) throw invalid('`value` is missing.');
  if (typeof isValue !== 'boolean') throw invalid('`isValue` is true or false.');
  const expiresMs = endOf(whole['for'], whole['until'], nowMs);
  return { kind: 'set', request: { name, value: wanted, isValue, expiresMs, who, why } };
}

function parse(body: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw invalid('The body is no JSON.');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw invalid('The body is an object.');
}

function textOf(value: unknown, name: string, longest: number): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && value.length <= longest) return value;
  throw invalid(`\`${name}\` is text of at most ${longest} letters.`);
}

function endOf(forMs: unknown, untilMs: unknown, nowMs: number): number | null {
  if (forMs === undefined && untilMs === undefined) return null;
  if (forMs !== undefined && untilMs !== undefined) throw invalid('Say `for` or `until`.');
  const end = untilMs ?? (typeof forMs === 'number' ? nowMs + forMs : null);
  const isMoment = typeof end === 'number' && Number.isFinite(end) && end > nowMs && end <= LAST_MS;
  if (!isMoment) throw invalid('`for` and `until` are milliseconds, and end later than now.');
  return Math.round(end);
}

function invalid(message: string): TurnoutError {
  return new TurnoutError(
    'body-invalid',
    `The change is not understood: ${message}`,
    'Send JSON such as {"set": "shop.list", "value": "closed", "for": 7200000, "why": "…"}.',
  );
}
