import { locate } from '../manifests.ts';
import type { CheckedSite } from './check.ts';

interface Edge {
  readonly to: string;
  readonly serviceIndex: number;
  readonly need: string;
}

/**
 * Warns of features that need each other in a circle. Each circle is told once, from its first
 * feature by name.
 */
export function checkNeedCycles({ manifests, content, problems }: CheckedSite): void {
  const edges = new Map<string, readonly Edge[]>();
  for (const [serviceIndex, service] of content.services.entries()) {
    const targets = new Map(
      service.needs.flatMap((need) =>
        need.kind === 'feature' ? [[need.name, `${need.service}.${need.feature}`] as const] : [],
      ),
    );
    if (targets.size === 0) continue;
    for (const feature of service.features) {
      const leading = feature.needs.flatMap(({ need }) => {
        const to = targets.get(need);
        return to === undefined ? [] : [{ to, serviceIndex, need }];
      });
      edges.set(`${service.name}.${feature.name}`, leading);
    }
  }
  for (const { circle, edge } of circlesOf(edges)) {
    const manifest = manifests.services[edge.serviceIndex];
    if (manifest === undefined) continue;
    const { node, path } = locate(manifest, 'needs', edge.need);
    problems.add({
      code: 'need-cycle',
      spot: node,
      path,
      message: `Features need each other in a circle: ${[...circle, circle[0]].join(' → ')}.`,
      remedy:
        'Take one of these needs out, or give a feature of the circle a ladder that does without.',
    });
  }
}

/**
 * Depth first with an explicit stack, so that a long chain of needs cannot exhaust the call stack.
 */
function circlesOf(
  edges: ReadonlyMap<string, readonly Edge[]>,
): readonly { readonly circle: readonly string[]; readonly edge: Edge }[] {
  const circles: { readonly circle: readonly string[]; readonly edge: Edge }[] = [];
  const done = new Set<string>();
  for (const start of [...edges.keys()].sort()) {
    const trail: { readonly name: string; next: number }[] = [{ name: start, next: 0 }];
    const onTrail = new Set([start]);
    while (trail.length > 0) {
      const top = trail.at(-1);
      if (top === undefined) break;
      const edge = done.has(top.name) ? undefined : edges.get(top.name)?.[top.next];
      if (edge === undefined) {
        done.add(top.name);
        onTrail.delete(top.name);
        trail.pop();
        continue;
      }
      top.next += 1;
      if (onTrail.has(edge.to)) {
        const names = trail.map(({ name }) => name);
        circles.push({ circle: names.slice(names.indexOf(edge.to)), edge });
      } else if (!done.has(edge.to)) {
        trail.push({ name: edge.to, next: 0 });
        onTrail.add(edge.to);
      }
    }
  }
  return circles;
}
