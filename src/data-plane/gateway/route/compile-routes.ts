import type {
  CorsPolicy,
  FrontendRoute,
  Route,
  RouteTable,
} from '../../../derive/routes/route-table.ts';
import type { FeaturePolicy } from '../../../derive/policies/policies.ts';
import { createHostTable, type HostTable, isCovered } from '../../host-table.ts';
import type { FeatureLadder } from '../ladder/feature-ladder.ts';
import { createFrontendTable } from './frontend-table.ts';
import type { Bulkhead } from '../circuits/bulkhead.ts';
import type { RouteCircuits } from '../circuits/circuits.ts';
import type { FeatureStanding } from '../saying/feature-standing.ts';
import { HealthTexts } from '../saying/health-texts.ts';
import type { RunningService } from '../services.ts';
import { type CompiledQueue, compileQueue } from '../writes/compile-queue.ts';
import type { FeatureLoad } from '../shed/service-load.ts';
import type { FeatureSwitch } from '../switches/feature-switch.ts';
import { createRouteTrie, type RouteTrie } from './route-trie.ts';

/** How long answers may be kept where they do not say. */
export type CacheTerms = FeaturePolicy['cache'] & Pick<FeaturePolicy, 'missingMs'>;

/** A route with all that an attempt needs at hand. */
export interface CompiledRoute {
  readonly feature: string;
  /** How the feature degrades. */
  readonly policy: FeaturePolicy;
  /** What it does when it fails, and where it stands; null where the manifest says nothing. */
  readonly ladder: FeatureLadder | null;
  /** From where it is reached. */
  readonly side: Side;
  /** What its answers say of it. */
  readonly health: HealthTexts;
  /** How it stands, counted as its answers go out. */
  readonly standing: FeatureStanding;
  readonly switched: FeatureSwitch;
  readonly method: string;
  readonly depth: number;
  /** Not to be reached from this side, whatever else would take the request. */
  readonly hidden: boolean;
  readonly deadlineMs: number;
  readonly bodyBytes: number;
  readonly cors: CorsPolicy | null;
  readonly service: RunningService;
  readonly limitInFlight: number;
  readonly circuits: RouteCircuits;
  /** Null where the feature has no limit of its own. */
  readonly bulkhead: Bulkhead | null;
  /** What there is of it before the service now. */
  readonly load: FeatureLoad;
  readonly cache: CacheTerms;
  /** The query that counts; the very same text where nothing is to change. */
  readonly query: ((query: string | null) => string | null) | null;
  /** How its writes are queued; null where none is. */
  readonly queue: CompiledQueue | null;
  /** The path to send to the service. */
  rewrite(path: string): string;
}

/** Who takes a request. */
export type Match =
  | { readonly kind: 'route'; readonly route: CompiledRoute }
  | { readonly kind: 'frontend'; readonly frontend: FrontendRoute }
  /** The path is known, the method is not; `allow` lists those that are. */
  | { readonly kind: 'other-method'; readonly allow: readonly string[] }
  | { readonly kind: 'nothing' };

export interface CompiledRoutes {
  /** False when the site does not answer for this host (421). */
  answersFor(host: string): boolean;
  match(host: string, method: string, path: string): Match;
}

/** What policies say of a route. */
export interface RouteTerms {
  readonly policy: FeaturePolicy;
  readonly ladder: FeatureLadder | null;
  readonly switched: FeatureSwitch;
  readonly service: RunningService;
  readonly limitInFlight: number;
  readonly circuits: RouteCircuits;
  readonly bulkhead: Bulkhead | null;
  readonly cache: CacheTerms;
  readonly query: CompiledRoute['query'];
}

/** The public side, or the one where the site's own services reach each other. */
export type Side = 'public' | 'internal';

/**
 * Compiles what one side reaches. Throws when the table is not what derivation promises.
 *
 * What an internal feature claims is not there for anybody on the public side: a wider public route
 * must not hand it to the same service. Frontends have their own pages there.
 *
 * The internal side is asked by an address, so it answers for any host and knows no frontends. A
 * route that is tied to hosts is found there by its path alone, after those of the host that was
 * named and those of any host.
 */
export function compileRoutes(
  table: RouteTable,
  termsOf: (route: Route) => RouteTerms,
  side: Side,
): CompiledRoutes {
  const tries = placeRoutes(table, termsOf, side);
  const hosts = side === 'public' ? hostsOf(table.hosts) : null;
  const frontends = createFrontendTable(side === 'public' ? table.frontends : []);
  // Walks are synchronous and never nested: one object serves all.
  const search = new Search();
  return {
    answersFor: (host) => hosts === null || hosts.find(host) === true,
    match(host, method, path) {
      search.begin(method);
      const ofHost = tries.named.find(host);
      const found =
        (ofHost !== undefined && ofHost.find(path, search.visit)) ||
        tries.anyHost.find(path, search.visit) ||
        (tries.allHosts !== null && tries.allHosts.find(path, search.visit));
      const frontend = frontends.find(host, path);
      const route = found && search.route?.hidden === false ? search.route : null;
      if (route !== null && (frontend === null || frontend.depth <= route.depth)) {
        return { kind: 'route', route };
      }
      // Another method of this very path is 405, unless a page stands at least as near.
      if (search.nearestDepth > (frontend?.depth ?? -1) && route === null) {
        return { kind: 'other-method', allow: [...search.allow()] };
      }
      return frontend === null ? { kind: 'nothing' } : { kind: 'frontend', frontend };
    },
  };
}

interface RouteTries {
  /** For each host that a route names, all routes of that host, wildcards included. */
  readonly named: HostTable<RouteTrie<CompiledRoute>>;
  readonly anyHost: RouteTrie<CompiledRoute>;
  /** Those of named hosts again, for the internal side; null on the public one. */
  readonly allHosts: RouteTrie<CompiledRoute> | null;
}

function placeRoutes(
  table: RouteTable,
  termsOf: (route: Route) => RouteTerms,
  side: Side,
): RouteTries {
  const anyHost = createRouteTrie<CompiledRoute>();
  const allHosts = side === 'internal' ? createRouteTrie<CompiledRoute>() : null;
  const names = new Set(table.routes.flatMap((route) => route.hosts));
  const named = new Map([...names].map((name) => [name, createRouteTrie<CompiledRoute>()]));
  for (const route of table.routes) {
    const compiled = compileRoute(route, termsOf(route), side);
    if (route.hosts.length === 0) anyHost.add(route.path, compiled);
    else allHosts?.add(route.path, compiled);
    for (const [name, trie] of named) {
      if (route.hosts.some((host) => isCovered(name, host))) trie.add(route.path, compiled);
    }
  }
  return { named: createHostTable(named), anyHost, allHosts };
}

/** Null means any host. */
function hostsOf(hosts: readonly string[]): HostTable<true> | null {
  return hosts.length === 0 ? null : createHostTable(hosts.map((host) => [host, true] as const));
}

/**
 * One walk after the other: the first route that takes the method, or else the routes of other
 * methods.
 */
class Search {
  route: CompiledRoute | null = null;
  nearestDepth = -1;
  #method = '';
  readonly #others: CompiledRoute[] = [];

  begin(method: string): void {
    this.route = null;
    this.nearestDepth = -1;
    this.#method = method;
    if (this.#others.length > 0) this.#others.length = 0;
  }

  readonly visit = (routes: readonly CompiledRoute[]): boolean => {
    for (const route of routes) {
      if (takes(route.method, this.#method)) {
        this.route = route;
        return true;
      }
      if (route.hidden) continue;
      this.nearestDepth = Math.max(this.nearestDepth, route.depth);
      this.#others.push(route);
    }
    return false;
  };

  /** The methods that would have been taken. */
  allow(): Set<string> {
    return new Set(
      this.#others.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])),
    );
  }
}

function takes(declared: string, method: string): boolean {
  return declared === method || declared === 'ANY' || (declared === 'GET' && method === 'HEAD');
}

function compileRoute(route: Route, terms: RouteTerms, side: Side): CompiledRoute {
  const { feature, method, path, depth, deadlineMs, bodyBytes, cors, rewrite } = route;
  const rest = path.indexOf('**');
  if (!path.startsWith('/') || (rest !== -1 && rest !== path.length - 2)) {
    throw new Error(`the route ${method} ${path} of ${feature} is malformed`);
  }
  return {
    feature,
    ...terms,
    side,
    health: new HealthTexts({ feature, tier: terms.policy.tier }),
    standing: terms.service.standing(feature),
    method,
    depth,
    hidden: side === 'public' && route.internal,
    deadlineMs,
    bodyBytes,
    cors,
    queue: compileQueue(terms.policy, path),
    load: terms.service.load.feature(terms.policy, deadlineMs),
    rewrite: rewrite === null ? (same) => same : rewriter(rewrite),
  };
}

function rewriter(rewrite: { strip: string; add: string }): (path: string) => string {
  const strip = withoutEndingSlash(rewrite.strip);
  const add = withoutEndingSlash(rewrite.add);
  return (path) => {
    if (path !== strip && !path.startsWith(`${strip}/`)) return path;
    const rewritten = add + path.slice(strip.length);
    return rewritten === '' ? '/' : rewritten;
  };
}

function withoutEndingSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
