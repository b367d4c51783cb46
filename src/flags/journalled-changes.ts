import type { FlagDefinition } from '../contract/flags.ts';
import type { JsonValue } from '../lib/json.ts';
import type { FlagDifference } from './written-flags.ts';

/** Below what an entry of the journal may hold, with room for what stands around it. */
const JOURNAL_BYTES = 200 * 1024;

/** Each change with what was and what is; only the names of those that have no room. */
export function journalledChanges(differences: readonly FlagDifference[]): JsonValue {
  let bytes = 0;
  return differences.flatMap(({ name, before, after }): JsonValue[] => {
    const change = { name, before: inWords(before), after: inWords(after) };
    bytes += Buffer.byteLength(JSON.stringify(change));
    if (bytes < JOURNAL_BYTES * 0.9) return [change];
    return bytes < JOURNAL_BYTES ? [{ name }] : [];
  });
}

/** The value that it has by itself, and whether a rule may choose another. */
function inWords(definition: FlagDefinition | null): JsonValue {
  if (definition === null) return null;
  const { state, variants, defaultVariant, targeting } = definition;
  const value = defaultVariant === undefined ? null : (variants[defaultVariant] ?? null);
  const isLong = JSON.stringify(value).length > 500;
  return {
    variant: defaultVariant ?? null,
    value: isLong ? null : value,
    ...(targeting === undefined ? {} : { targeted: true }),
    ...(state === 'DISABLED' ? { disabled: true } : {}),
  };
}
