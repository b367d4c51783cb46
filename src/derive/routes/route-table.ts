import type { Cors } from '../../manifest/feature-model.ts';

/**
 * What the data plane routes by: plain data in the order it is tried, so that it need only be
 * compiled.
 *
 * `routes` are sorted most specific first: the first whose hosts, path and method all match wins.
 * Named hosts come before any host, then segment by segment a literal before `:param` before `**`,
 * then a named method before `ANY`. A route `/files/**` matches `/files` too, and a GET route
 * answers HEAD.
 *
 * `frontends` are sorted the same way, deepest prefix first; `/donate` holds `/donate` and all
 * below it. Where a route and a frontend both match, the one with the greater `depth` wins, and the
 * route when they are equal: so a service may take `ANY /**` while frontends stand at `/donate`,
 * and a frontend may stand at `/` while services take `/api/…`.
 */
export interface RouteTable {
  /** Hosts the site answers for; empty means any. */
  readonly hosts: readonly string[];
  readonly trustedHops: readonly string[];
  readonly frontends: readonly FrontendRoute[];
  readonly routes: readonly Route[];
}

export interface FrontendRoute {
  readonly frontend: string;
  readonly prefix: string;
  /** Segments of the prefix: `/` is 0, `/donate` is 1. */
  readonly depth: number;
  readonly hosts: readonly string[];
  readonly fallback: string | null;
  readonly notFound: string | null;
  readonly cacheMs: number;
}

export interface Route {
  /** `donations.donate`. */
  readonly feature: string;
  readonly service: string;
  readonly hosts: readonly string[];
  /** An upper-case method or `ANY`. */
  readonly method: string;
  readonly path: string;
  /** Literal segments before the first `:param` or `**`: `/**` is 0, `/api/donations/:id` is 2. */
  readonly depth: number;
  readonly internal: boolean;
  readonly deadlineMs: number;
  readonly bodyBytes: number;
  readonly rewrite: { readonly strip: string; readonly add: string } | null;
  readonly cors: CorsPolicy | null;
}

export type CorsPolicy = Cors;
