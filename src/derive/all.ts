import type { FlagsDocument } from '../contract/flags.ts';
import { deepFreeze } from '../lib/deep-freeze.ts';
import type { Model, Site } from '../manifest/model.ts';
import type { Catalog } from './catalog/catalog.ts';
import { deriveCatalog } from './catalog/derive-catalog.ts';
import { deriveEdge } from './edge/derive-edge.ts';
import type { EdgeConfiguration } from './edge/edge-configuration.ts';
import { deriveFlags } from './flags/derive-flags.ts';
import { derivePolicies } from './policies/derive-policies.ts';
import type { Policies } from './policies/policies.ts';
import { deriveReleasePlan } from './release-plan/derive-release-plan.ts';
import type { ReleasePlan } from './release-plan/release-plan.ts';
import type { DeriveProblem } from './result.ts';
import { deriveRoutes } from './routes/derive-routes.ts';
import type { RouteTable } from './routes/route-table.ts';
import { deriveClients } from './clients/derive-clients.ts';
import { deriveTls } from './tls/derive-tls.ts';
import type {
  ClientLimits,
  TlsConfiguration,
  WorkerConfiguration,
} from './worker-configuration.ts';

/** All that a Model becomes, frozen. */
export interface Derived {
  /** Digest of the Model it was derived from. */
  readonly model: string;
  readonly routes: RouteTable;
  readonly policies: Policies;
  readonly tls: TlsConfiguration;
  readonly edge: EdgeConfiguration;
  readonly clients: ClientLimits;
  readonly releasePlan: ReleasePlan;
  readonly catalog: Catalog;
  /** With a switch for every feature. */
  readonly flags: FlagsDocument;
  /** Where flags.yaml is read from; null for the file beside site.yaml. */
  readonly flagsPlace: Site['flagsPlace'];
}

export type Derivation =
  | { readonly ok: true; readonly derived: Derived }
  | { readonly ok: false; readonly problems: readonly DeriveProblem[] };

/**
 * Every derivation, in order. Each is a pure function of the Model and of what stands above it: no
 * clock, no files, no chance, so equal Models give equal bytes. Refused Models give all their
 * problems at once.
 */
export function deriveAll(model: Model): Derivation {
  const routes = deriveRoutes(model);
  const policies = derivePolicies(model);
  const tls = deriveTls(model);
  const edge = deriveEdge(model);
  const clients = deriveClients(model);
  const { value: releasePlan, problems } = deriveReleasePlan(model, policies);
  const catalog = deriveCatalog(model, policies);
  const flags = deriveFlags(model.flags, policies.features);

  if (problems.length > 0) return deepFreeze({ ok: false, problems });
  const { flagsPlace } = model.site;
  const what = { routes, policies, tls, edge, clients, releasePlan, catalog, flags, flagsPlace };
  const derived = { model: model.digest, ...what };
  return deepFreeze({ ok: true, derived });
}

/** The part of it that a worker is told. */
export function workerConfiguration(derived: Derived): WorkerConfiguration {
  const { model, routes, policies, tls, edge, clients } = derived;
  return Object.freeze({ version: 3, model, routes, policies, tls, edge, clients });
}
