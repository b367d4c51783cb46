import { switchRungs } from '../contract/switch-value.ts';
import type { Derived } from '../derive/all.ts';
import { deriveFlags } from '../derive/flags/derive-flags.ts';
import type { ReadFlags } from '../flags/flags-reading.ts';
import type { FlagsTerms } from '../flags/site-flags.ts';
import { loadFlags } from '../manifest/load-flags.ts';
import { renderProblems } from '../manifest/problems/render-problems.ts';

/** Reads a flags file by itself, under the features that are in force. */
export const readFlags: ReadFlags = (text, name, features) => {
  const switches = new Map(features.map(({ feature, ladder }) => [feature, switchRungs(ladder)]));
  const result = loadFlags(text, name, switches);
  if (result.kind === 'flags') {
    return { kind: 'flags', document: deriveFlags(result.flags, features) };
  }
  // Warnings refuse nothing; `turnout flags check` has them too.
  const errors = result.problems.filter(({ severity }) => severity === 'error');
  const problems = renderProblems(errors, { colour: false }).trimEnd();
  return { kind: 'refused', problems, line: errors[0]?.line ?? 0 };
};

/** The file of the flags, beside site.yaml. */
export const FLAGS_YAML = 'flags.yaml';

/** What the manifests say that concerns flags; `isRead` where they were read just now. */
export function flagsTerms(derived: Derived, isRead: boolean): FlagsTerms {
  const { policies, flags, flagsPlace } = derived;
  return { features: policies.features, flags, place: flagsPlace, isRead };
}
