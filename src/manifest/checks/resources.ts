import { locate } from '../manifests.ts';
import type { CheckedSite } from './check.ts';

/** What a resource promises can be kept by the servers it has. */
export function checkResources({ manifests, content, problems }: CheckedSite): void {
  if (!manifests.site.usable) return;
  for (const { name, url, replicas, durability } of content.site.resources) {
    if (url !== null || durability !== 'sync' || replicas > 0) continue;
    const { node, path } = locate(manifests.site, 'resources', name, 'durability');
    const told = locate(manifests.site, 'resources', name, 'replicas');
    if (problems.isWrong(path) || problems.isWrong(told.path)) continue;
    problems.add({
      code: 'conflicting-keys',
      spot: node,
      path,
      message: `${name} has no replica that a commit could wait for.`,
      expected: '`sync` with one replica or more, or `async`',
      remedy: 'Add `replicas: 1`, or take `durability` out.',
    });
  }
}
