import type { FlagValue } from '../../contract/flags.ts';
import type { Flag, Flags } from '../flags-model.ts';
import type { FlagsManifest } from '../schema/flags.ts';

/** The part of the Model that flags.yaml gives. */
export function assembleFlags(manifest: FlagsManifest | null): Flags {
  if (manifest === null) return { flags: {}, evaluators: {} };
  const flags = [...manifest.flags].map(([name, flag]): [string, Flag] => [
    name,
    {
      state: flag.state,
      // Their types are held by the check of flags; a site with a wrong one is refused.
      variants: Object.fromEntries(flag.variants) as Record<string, FlagValue>,
      defaultVariant: flag.defaultVariant,
      targeting: flag.targeting,
      metadata: Object.fromEntries([...flag.metadata].filter(isFact)),
    },
  ]);
  return {
    flags: Object.fromEntries(flags),
    evaluators: Object.fromEntries(manifest.$evaluators),
  };
}

/** flagd knows no others, and would refuse the file for one. */
function isFact(fact: [string, unknown]): fact is [string, boolean | number | string] {
  return ['boolean', 'number', 'string'].includes(typeof fact[1]);
}
