import { locate } from '../manifests.ts';
import type { CheckedSite } from './check.ts';

/** What a feature says about browsers and paths makes sense together. */
export function checkFeatures({ manifests, content, problems }: CheckedSite): void {
  for (const [index, manifest] of manifests.services.entries()) {
    const service = content.services[index];
    if (service === undefined || !manifest.usable) continue;
    for (const { name, cors, rewrite, routes } of service.features) {
      if (cors !== null && cors.credentials && cors.origins.includes('*')) {
        const { node, path } = locate(manifest, 'features', name, 'cors', 'credentials');
        problems.add({
          code: 'conflicting-keys',
          spot: node,
          path,
          message: 'Browsers refuse `credentials` together with the origin `*`.',
          expected: 'origins by name',
          remedy: 'List the origins that may send cookies.',
        });
      }
      const outside =
        rewrite === null ? undefined : routes.find(({ path }) => !begins(path, rewrite.strip));
      if (rewrite === null || outside === undefined) continue;
      const { node, path } = locate(manifest, 'features', name, 'rewrite', 'strip');
      if (problems.isWrong(path)) continue;
      problems.add({
        code: 'invalid-value',
        spot: node,
        path,
        message: `${outside.path} does not begin with ${rewrite.strip}, so there is nothing to take off.`,
        expected: 'a prefix of every route of the feature',
        remedy: 'Shorten the prefix, or make a feature of its own of the other routes.',
      });
    }
  }
}

function begins(path: string, prefix: string): boolean {
  const bare = prefix.replace(/\/$/, '');
  return bare === '' || path === bare || path.startsWith(`${bare}/`);
}
