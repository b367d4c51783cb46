import type { Model, Need, Service, Tier } from '../../manifest/model.ts';
import type { DependencyGraph, GraphEdge, GraphNode } from './catalog.ts';
import { hostOf } from './describe-service.ts';

/**
 * Services first, in their order, then what they need, in the order it is first needed; one edge a
 * pair.
 */
export function deriveGraph(model: Model): DependencyGraph {
  const nodes = new Map<string, GraphNode>();
  for (const service of model.services) {
    const id = `service:${service.name}`;
    nodes.set(id, { id, kind: 'service', label: service.name, tier: gravestTier(service) });
  }
  const edges = new Map<string, GraphEdge>();
  for (const service of model.services) {
    const from = `service:${service.name}`;
    const core = coreNeeds(service);
    for (const need of service.needs) {
      const target = needNode(need);
      if (!nodes.has(target.id)) nodes.set(target.id, target);
      // A service that needs a feature of its own is no dependency between two things.
      if (target.id === from) continue;
      const key = `${from} ${target.id}`;
      const known = edges.get(key)?.core ?? false;
      edges.set(key, { from, to: target.id, core: known || core.has(need.name) });
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

function needNode(need: Need): GraphNode {
  switch (need.kind) {
    case 'postgres':
      return node('postgres', need.resource);
    case 'http':
      return node('http', hostOf(need.url));
    case 'feature':
      return node('service', need.service);
  }
}

function node(kind: GraphNode['kind'], label: string): GraphNode {
  return { id: `${kind}:${label}`, kind, label, tier: null };
}

function coreNeeds(service: Service): ReadonlySet<string> {
  const core = service.features.filter((feature) => feature.tier === 'core');
  return new Set(core.flatMap((feature) => feature.needs.map((reference) => reference.need)));
}

function gravestTier(service: Service): Tier | null {
  const tiers = new Set(service.features.map((feature) => feature.tier));
  return (['core', 'important', 'sheddable'] as const).find((tier) => tiers.has(tier)) ?? null;
}
