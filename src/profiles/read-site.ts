import type { SiteSettings } from '../contract/site-settings.ts';
import type { SiteReading } from '../controller/site/site-parts.ts';
import { deriveAll } from '../derive/all.ts';
import { filesystemReader } from '../manifest/filesystem-reader.ts';
import { loadModel } from '../manifest/load-model.ts';
import { renderProblems } from '../manifest/problems/render-problems.ts';
import { listenWritten } from './listen-written.ts';

/** Reads a site's manifests and derives all that follows from them. */
export async function readSite(
  settings: Pick<SiteSettings, 'siteDirectory' | 'environment'>,
): Promise<SiteReading> {
  const environment = settings.environment ?? undefined;
  const loaded = await loadModel(filesystemReader(settings.siteDirectory), { environment });
  if (loaded.kind === 'refused') {
    // Warnings refuse nothing; `turnout check` has them too.
    const errors = loaded.problems.filter(({ severity }) => severity === 'error');
    const problems = renderProblems(errors, { colour: false }).trimEnd();
    return { kind: 'refused', problems };
  }
  const derivation = deriveAll(loaded.model);
  if (derivation.ok) {
    const { site } = loaded.model;
    return { kind: 'read', derived: derivation.derived, listenWritten: listenWritten(site) };
  }
  const problems = derivation.problems.map(
    ({ code, place, message, remedy }) =>
      `error ${code}: ${message}\n  at ${place}\n  remedy: ${remedy}`,
  );
  return { kind: 'refused', problems: problems.join('\n') };
}
