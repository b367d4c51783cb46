import type { FlagDefinition, FlagValue, SetFlag } from '../contract/flags.ts';
import {
  LONGEST_SLOW_MS,
  readSwitchValue,
  showSwitchValue,
  switchRungs,
  type SwitchValue,
} from '../contract/switch-value.ts';
import { formatDuration } from '../lib/duration.ts';
import { TurnoutError } from '../lib/errors.ts';
import type { JsonValue } from '../lib/json.ts';
import { nearestName } from '../lib/nearest-name.ts';
import { ownValue } from '../lib/own-value.ts';
import type { SwitchedFeature } from './flags-reading.ts';

export interface WantedValue {
  /** The name of a variant, or a value as JSON says it or as text. */
  readonly text: string;
  /** True for a value that is none of the variants, so that no misspelt name is taken for one. */
  readonly isValue: boolean;
}

type Chosen = Pick<SetFlag, 'value' | 'variant'>;

const LONGEST_TEXT = 10_000;

/**
 * What a flag shall be. A switch (`ladder` is its feature's, null for another flag) can be on,
 * closed, slow, or a rung of the ladder, whatever variants are written. Throws TurnoutError
 * `flag-value-invalid`, which names what would do.
 */
export function chooseValue(
  name: string,
  { variants }: FlagDefinition,
  { text, isValue }: WantedValue,
  ladder: SwitchedFeature['ladder'] | null,
): Chosen {
  const variant = isValue ? undefined : ownValue(variants, text);
  if (variant !== undefined) return { variant: text, value: variant };
  if (ladder !== null) {
    const rungs = switchRungs(ladder);
    const value = readSwitchValue(text);
    const isThere = value !== null && (value.kind !== 'rung' || rungs.includes(value.rung));
    if (isThere) return switchedTo(variants, value);
    const known = [...new Set(['on', ...rungs, ...Object.keys(variants)])];
    throw invalid(name, text, known, `, or a delay of at most ${longest} such as "slow 200ms"`);
  }
  const [example = ''] = Object.values(variants);
  const value = readAs(typeof example, text);
  if (value !== null && (isValue || typeof value !== 'string')) return { variant: null, value };
  const more = isValue ? `; it is of the kind ${typeof example}` : ', or add --value for another';
  throw invalid(name, text, Object.keys(variants), more);
}

const longest = formatDuration(LONGEST_SLOW_MS);

/** Booleans stay booleans where on and closed are meant: code that asks for one gets one. */
function switchedTo(variants: FlagDefinition['variants'], value: SwitchValue): Chosen {
  const same = Object.entries(variants).find(([, written]) => {
    const meant = readSwitchValue(written);
    return meant !== null && showSwitchValue(meant) === showSwitchValue(value);
  });
  if (same !== undefined) return { variant: same[0], value: same[1] };
  return { variant: null, value: showSwitchValue(value) };
}

function readAs(type: string, text: string): FlagValue | null {
  if (text.length > LONGEST_TEXT) return null;
  if (type === 'string') return text;
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
  const isAlike = value !== null && !Array.isArray(value) && typeof value === type;
  return isAlike ? (value as FlagValue) : null;
}

function invalid(name: string, text: string, known: readonly string[], more: string): TurnoutError {
  const near = nearestName(text, known);
  const hint = near === null ? '' : ` Did you mean ${near}?`;
  return new TurnoutError(
    'flag-value-invalid',
    `${name} cannot be ${JSON.stringify(text.slice(0, 60))}.${hint}`,
    `Say one of ${known.join(', ')}${more}.`,
  );
}
