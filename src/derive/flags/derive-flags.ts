import type { Flag } from '../../manifest/flags-model.ts';
import type { Model } from '../../manifest/model.ts';
import type { FlagDefinition, FlagsDocument } from './flags-document.ts';

/** What services are told of the flags: all of them, for any service may ask for any. */
export function deriveFlags({ flags: { flags, evaluators } }: Model): FlagsDocument {
  const definitions = Object.entries(flags).map(([name, flag]) => [name, definition(flag)]);
  return {
    flags: Object.fromEntries(definitions) as Record<string, FlagDefinition>,
    $evaluators: { ...evaluators },
  };
}

/** flagd knows no null: what is not there is left out. */
function definition({ state, variants, defaultVariant, targeting }: Flag): FlagDefinition {
  return {
    state,
    variants: { ...variants },
    ...(defaultVariant === null ? {} : { defaultVariant }),
    ...(targeting === null || targeting === undefined ? {} : { targeting }),
  };
}
