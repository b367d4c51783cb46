import type { FeaturePolicy, Policies } from '../derive/policies/policies.ts';
import type { Route } from '../derive/routes/route-table.ts';
import type { EdgeConfiguration } from '../derive/edge/edge-configuration.ts';
import type {
  ClientLimits,
  TlsConfiguration,
  WorkerConfiguration,
} from '../derive/worker-configuration.ts';
import { BlockList, isIP } from 'node:net';

import { TurnoutError } from '../lib/errors.ts';
import { compileQuery } from './edge/query/tidy-query.ts';
import { type CompiledRules, compileRules } from './edge/rules/compile-rules.ts';
import type { RuleMemory } from './edge/rules/rule-memory.ts';
import type { PreparedTables } from './edge/tables/tables.ts';
import {
  type CompiledRoutes,
  compileRoutes,
  type RouteTerms,
} from './gateway/route/compile-routes.ts';
import type { FeatureLadder } from './gateway/ladder/feature-ladder.ts';
import type { Ladders } from './gateway/ladder/ladders.ts';
import {
  type SnapshotTarget,
  snapshotTargets,
} from './gateway/ladder/snapshots/snapshot-targets.ts';
import type { FeatureSwitch } from './gateway/switches/feature-switch.ts';
import { silentPolicy } from './gateway/route/silent-policy.ts';
import type { ToldFeature, ToldNeeds } from './gateway/saying/own-report.ts';
import type { ConfigurationFiles } from './kept-files.ts';
import type { Services } from './gateway/services.ts';
import { fileDigests, readConfiguration, type WrittenConfiguration } from './read-configuration.ts';

/** A worker's configuration with nothing left to parse. */
export interface CompiledConfiguration {
  readonly model: string;
  readonly policies: Policies;
  readonly tls: TlsConfiguration;
  /** Not in force until they are put there. */
  readonly tables: PreparedTables;
  /** Null where it says nothing of them. */
  readonly clients: ClientLimits | null;
  /** By name. */
  readonly features: readonly ToldFeature[];
  readonly needs: readonly ToldNeeds[];
  readonly public: CompiledSide;
  /** Where services reach each other. */
  readonly internal: CompiledSide;
  /** Those that its features step down. */
  readonly ladders: readonly FeatureLadder[];
  /** What the site asks for by itself, for rungs to have. */
  readonly snapshots: readonly SnapshotTarget[];
}

/** What the requests of one side are answered by. */
export interface CompiledSide {
  readonly routes: CompiledRoutes;
  /** Null where there are none; services among themselves meet none. */
  readonly rules: CompiledRules | null;
  /** Whether who comes without TLS is sent to where there is. */
  readonly redirectToHttps: boolean;
  /** Whether forwarding headers of this peer are believed; `address` is an IP address. */
  trusts(address: string): boolean;
}

/** What a configuration is compiled with. */
export interface CompileParts {
  /** The files that the configuration names. */
  readonly files: ConfigurationFiles;
  readonly memory: RuleMemory;
  readonly ladders: Pick<Ladders, 'of'>;
  /** Those of its features, which outlive it. */
  readonly switches: { of(feature: string): FeatureSwitch };
  /** Reads its tables, whose views rules are compiled with; throws where they make no sense. */
  prepare(edge: EdgeConfiguration, files: ConfigurationFiles): PreparedTables;
}

/**
 * Compiles; throws TurnoutError `configuration-refused` and changes nothing when it does not make
 * sense.
 */
export function compileConfiguration(
  written: WrittenConfiguration,
  services: Services,
  { files, memory, ladders, switches, prepare }: CompileParts,
): CompiledConfiguration {
  try {
    const configuration = readConfiguration(written);
    const policies = new Map(
      configuration.policies.services.map((policy) => [policy.service, policy]),
    );
    const features = new Map(
      configuration.policies.features.map((policy) => [policy.feature, policy]),
    );
    const digests = fileDigests(written);
    const laddersInUse = new Map(
      configuration.policies.features.map((policy) => [
        policy.feature,
        ladders.of(policy, files, digests),
      ]),
    );
    const termsOf = ({ service, feature }: Route): RouteTerms => {
      const policy = policies.get(service);
      if (policy === undefined) throw new Error(`the service ${service} has no policy`);
      const { limitInFlight } = policy;
      const ofFeature = features.get(feature) ?? silentPolicy(feature);
      const { inFlight = null } = ofFeature;
      return {
        service: services.get(service),
        limitInFlight,
        circuits: services.circuits.of(service, feature),
        bulkhead: inFlight === null ? null : services.bulkheads.get(feature, inFlight),
        ladder: laddersInUse.get(feature) ?? null,
        switched: switches.of(feature),
        ...featureTerms(ofFeature),
      };
    };
    const { routes, edge } = configuration;
    const tables = prepare(edge, files);
    return {
      model: configuration.model,
      policies: configuration.policies,
      tls: configuration.tls,
      tables,
      clients: configuration.clients ?? null,
      snapshots: snapshotTargets(routes, configuration.policies.features),
      ladders: [...laddersInUse.values()].filter((ladder) => ladder !== null),
      ...told(configuration, services),
      public: {
        routes: compileRoutes(routes, termsOf, 'public'),
        rules: compileRules(edge, { files, tables, memory }),
        redirectToHttps: configuration.tls.redirectToHttps,
        trusts: compileTrust(routes.trustedHops),
      },
      internal: {
        routes: compileRoutes(routes, termsOf, 'internal'),
        rules: null,
        redirectToHttps: false,
        trusts: compileTrust([...routes.trustedHops, ...loopback]),
      },
    };
  } catch (error) {
    throw new TurnoutError(
      'configuration-refused',
      `The configuration ${written.model} cannot be used: ${String(error)}`,
      'The last good one stays in force. Run `turnout check`, and update the workers if the configuration is newer.',
      { cause: error },
    );
  }
}

/** What health tells of. */
function told(
  { routes, policies }: Pick<WorkerConfiguration, 'routes' | 'policies'>,
  services: Services,
): Pick<CompiledConfiguration, 'features' | 'needs'> {
  const tiers = new Map(policies.features.map(({ feature, tier }) => [feature, tier]));
  const features = new Map<string, ToldFeature>();
  for (const { feature, service, internal } of routes.routes) {
    const isPublic = !internal || features.get(feature)?.isPublic === true;
    const tier = tiers.get(feature) ?? silentPolicy(feature).tier;
    const standing = services.get(service).standing(feature);
    features.set(feature, { feature, tier, isPublic, standing });
  }
  return {
    features: [...features.values()].sort((a, b) => (a.feature < b.feature ? -1 : 1)),
    needs: policies.services.map(({ service, needs }) => ({
      service,
      declared: needs.map(({ need }) => need),
      board: services.get(service).needs,
    })),
  };
}

/** A configuration of the version before says nothing of queries and of what is missing. */
function featureTerms(policy: FeaturePolicy): Pick<RouteTerms, 'policy' | 'cache' | 'query'> {
  const { cache, missingMs, query } = policy;
  const asBefore = cache.kind === 'for' ? cache.forMs : null;
  return {
    policy,
    cache: { ...cache, missingMs: missingMs === undefined ? asBefore : missingMs },
    query: query === undefined || query === null ? null : compileQuery(query),
  };
}

/**
 * What asks on the internal side from this machine is a service of the site, which passes on what
 * it was told of the client. From other machines only trusted hops are believed.
 */
const loopback = ['127.0.0.0/8', '::1'];

function compileTrust(blocks: readonly string[]): (address: string) => boolean {
  if (blocks.length === 0) return () => false;
  const list = new BlockList();
  for (const block of blocks) {
    const [address = '', prefix] = block.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
