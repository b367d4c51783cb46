import type { Feature, Model, Service, Tier } from '../../manifest/model.ts';
import { needName } from '../policies/derive-policies.ts';
import type { FeaturePolicy, Policies } from '../policies/policies.ts';
import { servedMethods } from '../policies/rung-methods.ts';
import type {
  Catalog,
  CatalogDependant,
  CatalogFeature,
  CatalogNeed,
  CatalogRunbook,
  CatalogService,
} from './catalog.ts';
import { deriveGraph } from './derive-graph.ts';
import { describeLadder } from './describe-ladder.ts';
import {
  describeDeployment,
  describeNeed,
  describePlace,
  describePromises,
  describeResource,
} from './describe-service.ts';

/**
 * One page a service, for people. It takes the policies so that page and gateway say the same of
 * every ladder.
 */
export function deriveCatalog(model: Model, policies: Policies): Catalog {
  const policyOf = new Map(policies.features.map((policy) => [policy.feature, policy]));
  const dependants = dependantsByService(model);
  const users = servicesByResource(model);
  return {
    site: model.site.name,
    what: model.site.what,
    environment: model.site.environment,
    services: model.services.map((service) =>
      catalogService(service, policyOf, dependants.get(service.name) ?? []),
    ),
    frontends: model.site.frontends.map(({ name, prefix, hosts }) => ({
      frontend: name,
      prefix,
      hosts: [...hosts],
    })),
    resources: model.site.resources.map((resource) => ({
      name: resource.name,
      kind: resource.kind,
      inWords: describeResource(resource),
      neededBy: [...(users.get(resource.name) ?? [])],
    })),
    graph: deriveGraph(model),
  };
}

function catalogService(
  service: Service,
  policyOf: ReadonlyMap<string, FeaturePolicy>,
  neededBy: readonly CatalogDependant[],
): CatalogService {
  const features = service.features.map((feature) => catalogFeature(service, feature, policyOf));
  return {
    service: service.name,
    what: service.what,
    owner: service.owner,
    stack: service.stack,
    deployed: describeDeployment(service),
    find: Object.entries(service.find).map(([label, value]) => describePlace(label, value)),
    goesDown: service.goesDown.map(({ when, usersSee, runbook }) => ({
      when,
      usersSee,
      runbook: runbook === null ? null : catalogRunbook(service, runbook),
    })),
    features: features.sort((a, b) => gravity[a.tier] - gravity[b.tier]),
    needs: catalogNeeds(service),
    neededBy: [...neededBy],
    runbooks: catalogRunbooks(service),
    runbookFolder: service.runbooks,
  };
}

const gravity: Readonly<Record<Tier, number>> = { core: 0, important: 1, sheddable: 2 };

function catalogFeature(
  service: Service,
  feature: Feature,
  policyOf: ReadonlyMap<string, FeaturePolicy>,
): CatalogFeature {
  const name = `${service.name}.${feature.name}`;
  const policy = policyOf.get(name);
  return {
    feature: name,
    name: feature.name,
    tier: feature.tier,
    routes: feature.routes.map((route) => `${route.method} ${route.path}`),
    internal: feature.internal,
    needs: feature.needs.map(needName),
    promises: describePromises(feature),
    ladder: policy === undefined ? [] : describeLadder(policy, servedMethods(feature.routes)),
  };
}

function catalogNeeds(service: Service): readonly CatalogNeed[] {
  const uses = new Map<string, { feature: string; as: string }[]>();
  for (const feature of service.features) {
    for (const reference of feature.needs) {
      const use = { feature: feature.name, as: needName(reference) };
      append(uses, reference.need, use);
    }
  }
  return service.needs.map((need) => ({
    need: need.name,
    kind: need.kind,
    inWords: describeNeed(need),
    service: need.kind === 'feature' ? need.service : null,
    features: uses.get(need.name) ?? [],
  }));
}

/** The runbooks that the service names, each once, in the order it names them. */
function catalogRunbooks(service: Service): readonly CatalogRunbook[] {
  const paths = new Set(service.goesDown.flatMap(({ runbook }) => runbook ?? []));
  return [...paths].map((path) => catalogRunbook(service, path));
}

function catalogRunbook(service: Service, path: string): CatalogRunbook {
  const folder = `${service.runbooks ?? service.directory}/`;
  return { file: path.startsWith(folder) ? path.slice(folder.length) : path, path };
}

/** For each service, which features elsewhere need one of its features. */
function dependantsByService(model: Model): ReadonlyMap<string, readonly CatalogDependant[]> {
  const dependants = new Map<string, CatalogDependant[]>();
  for (const service of model.services) {
    for (const need of service.needs) {
      if (need.kind !== 'feature') continue;
      const needs = `${need.service}.${need.feature}`;
      const users = service.features
        .filter((feature) => feature.needs.some((reference) => reference.need === need.name))
        .map((feature) => `${service.name}.${feature.name}`);
      for (const who of users.length > 0 ? users : [service.name]) {
        append(dependants, need.service, { who, service: service.name, needs });
      }
    }
  }
  return dependants;
}

function servicesByResource(model: Model): ReadonlyMap<string, ReadonlySet<string>> {
  const users = new Map<string, Set<string>>();
  for (const service of model.services) {
    for (const need of service.needs) {
      if (need.kind !== 'postgres') continue;
      const known = users.get(need.resource) ?? new Set();
      users.set(need.resource, known.add(service.name));
    }
  }
  return users;
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
