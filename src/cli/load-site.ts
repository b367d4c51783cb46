import { TurnoutError } from '../lib/errors.ts';
import { filesystemReader } from '../manifest/filesystem-reader.ts';
import { loadModel, type LoadResult } from '../manifest/load-model.ts';
import { countProblems, renderProblems } from '../manifest/problems/render-problems.ts';
import { findSite } from './find-site.ts';
import { environmentOf } from './site-options.ts';
import type { EnvironmentOptions } from './site-options.ts';
import { wantsColour } from './wants-colour.ts';

export interface LoadedSite {
  /** Absolute path of the folder that holds site.yaml. */
  readonly directory: string;
  readonly loaded: Extract<LoadResult, { readonly kind: 'model' }>;
}

/**
 * Finds a site and reads its Model. Manifests that are refused are printed on standard error,
 * problem by problem, and `manifest-refused` is thrown; warnings are left to `turnout check`.
 */
export async function loadSite(options: EnvironmentOptions): Promise<LoadedSite> {
  const directory = findSite(options.site);
  const result = await loadModel(filesystemReader(directory), {
    environment: environmentOf(options),
  });
  if (result.kind === 'model') return { directory, loaded: result };
  process.stderr.write(renderProblems(result.problems, { colour: wantsColour(process.stderr) }));
  throw new TurnoutError(
    'manifest-refused',
    `The manifests in ${directory} have ${countProblems(result.problems)}.`,
    'Mend what is shown above; `turnout check` shows it again.',
  );
}
