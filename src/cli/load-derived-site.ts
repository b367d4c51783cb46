import { deriveAll, type Derived } from '../derive/all.ts';
import { renderDeriveProblems } from '../derive/render-derive-problems.ts';
import { TurnoutError } from '../lib/errors.ts';
import { loadSite } from './load-site.ts';
import type { EnvironmentOptions } from './site-options.ts';

export interface DerivedSite {
  /** Absolute path of the folder that holds site.yaml. */
  readonly directory: string;
  readonly derived: Derived;
}

/**
 * Reads a site and derives all it becomes. What the derivations refuse is printed on standard
 * error, and `derivation-refused` is thrown; manifests that are refused throw as `loadSite` says.
 */
export async function loadDerivedSite(options: EnvironmentOptions): Promise<DerivedSite> {
  const { directory, loaded } = await loadSite(options);
  const derivation = deriveAll(loaded.model);
  if (derivation.ok) return { directory, derived: derivation.derived };
  const { problems } = derivation;
  process.stderr.write(`${renderDeriveProblems(problems)}\n`);
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  throw new TurnoutError(
    'derivation-refused',
    `The manifests in ${directory} are well written but cannot all be true: ${count}.`,
    'Mend what is shown above.',
  );
}
