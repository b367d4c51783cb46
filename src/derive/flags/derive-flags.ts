import type { FlagDefinition, FlagsDocument } from '../../contract/flags.ts';
import type { JsonValue } from '../../lib/json.ts';
import { ownValue } from '../../lib/own-value.ts';
import type { Flag, Flags } from '../../manifest/flags-model.ts';
import type { FeaturePolicy } from '../policies/policies.ts';
import { defaultSwitch } from './feature-switches.ts';

/**
 * All flags of a site: those of flags.yaml, and a switch, on, for every feature that has none
 * there. Services are told of all of them, for any service may ask for any.
 */
export function deriveFlags(
  { flags, evaluators }: Flags,
  features: readonly Pick<FeaturePolicy, 'feature' | 'ladder'>[],
): FlagsDocument {
  const written = Object.entries(flags).map(([name, flag]) => [name, definition(flag)] as const);
  const defaults = features.filter(({ feature }) => ownValue(flags, feature) === undefined);
  const switches = defaults.map((policy) => [policy.feature, defaultSwitch(policy)] as const);
  return {
    flags: Object.fromEntries([...written, ...switches]),
    $evaluators: { ...evaluators } as Record<string, JsonValue>,
  };
}

/** flagd knows no null: what is not there is left out. */
function definition({
  state,
  variants,
  defaultVariant,
  targeting,
  metadata,
}: Flag): FlagDefinition {
  return {
    state,
    variants: { ...variants },
    ...(defaultVariant === null ? {} : { defaultVariant }),
    ...(isRule(targeting) ? { targeting } : {}),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata: { ...metadata } }),
  };
}

/** An empty rule chooses nothing, and would be evaluated for each request. */
function isRule(targeting: unknown): targeting is JsonValue {
  if (targeting === null || targeting === undefined) return false;
  return typeof targeting !== 'object' || Object.keys(targeting).length > 0;
}
