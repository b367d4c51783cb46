import type { ForcedRung } from '../contract/switch-value.ts';
import { deepFreeze } from '../lib/deep-freeze.ts';
import { assembleFlags } from './assemble/assemble-flags.ts';
import { checkFlagsFile } from './checks/flags.ts';
import type { Flags } from './flags-model.ts';
import { ProblemList } from './problems/problem-list.ts';
import type { Problem } from './problems/problem.ts';
import { toManifest } from './read/read-manifests.ts';
import { flags as schema } from './schema/flags.ts';
import { parseYaml } from './source/parse-yaml.ts';

export type FlagsResult =
  | { readonly kind: 'flags'; readonly flags: Flags; readonly warnings: readonly Problem[] }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/**
 * Reads the text of a flags file by itself, as `loadModel` does with the whole site; `path` is how
 * problems call it. `switches` are the features of the site with what their switches can force;
 * null where that is not known, and not asked for then.
 */
export function loadFlags(
  text: string,
  path: string,
  switches: ReadonlyMap<string, readonly ForcedRung[]> | null,
): FlagsResult {
  const problems = new ProblemList();
  const source = { path, text };
  const flags = toManifest(schema, { source, node: parseYaml(source, problems) }, problems);
  if (flags.usable) checkFlagsFile({ flags, switches, problems });
  if (problems.hasErrors) return { kind: 'refused', problems: problems.sorted() };
  return deepFreeze({
    kind: 'flags',
    flags: assembleFlags(flags.value),
    warnings: problems.sorted(),
  });
}
