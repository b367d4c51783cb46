import type { FeaturePolicy, Policies } from '../derive/policies/policies.ts';
import type { Route } from '../derive/routes/route-table.ts';
import type { EdgeConfiguration } from '../derive/edge/edge-configuration.ts';
import type { ClientLimits, TlsConfiguration } from '../derive/worker-configuration.ts';
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
import type { FeatureSwitch } from './gateway/switches/feature-switch.ts';
import { silentPolicy } from './gateway/route/silent-policy.ts';
import type { ConfigurationFiles } from './kept-files.ts';
import type { Services } from './gateway/services.ts';
import { readConfiguration, type WrittenConfiguration } from './read-configuration.ts';

/** A worker's configuration with nothing left to parse. */
export interface CompiledConfiguration {
  readonly model: string;
  readonly policies: Policies;
  readonly tls: TlsConfiguration;
  /** Not in force until they are put there. */
  readonly tables: PreparedTables;
  /** Null where it says nothing of them. */
  readonly clients: ClientLimits | null;
  readonly public: CompiledSide;
  /** Where services reach each other. */
  readonly internal: CompiledSide;
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

/** What the edge of a configuration is compiled with. */
export interface EdgeParts {
  /** The files that the configuration names. */
  readonly files: ConfigurationFiles;
  readonly memory: RuleMemory;
  /** Reads its tables, whose views rules are compiled with; throws where they make no sense. */
  prepare(edge: EdgeConfiguration, files: ConfigurationFiles): PreparedTables;
}

export interface CompileParts extends EdgeParts {
  /** Those of its features, which outlive it. */
  readonly switches: { of(feature: string): FeatureSwitch };
}

/**
 * Compiles; throws TurnoutError `configuration-refused` and changes nothing when it does not make
 * sense.
 */
export function compileConfiguration(
  written: WrittenConfiguration,
  services: Services,
  { files, memory, switches, prepare }: CompileParts,
): CompiledConfiguration {
  try {
    const configuration = readConfiguration(written);
    const policies = new Map(
      configuration.policies.services.map((policy) => [policy.service, policy]),
    );
    const features = new Map(
      configuration.policies.features.map((policy) => [policy.feature, policy]),
    );
    const termsOf = ({ service, feature }: Route): RouteTerms => {
      const policy = policies.get(service);
      if (policy === undefined) throw new Error(`the service ${service} has no policy`);
      const { limitInFlight } = policy;
      return {
        service: services.get(service),
        limitInFlight,
        switched: switches.of(feature),
        ...featureTerms(features.get(feature) ?? silentPolicy(feature)),
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
