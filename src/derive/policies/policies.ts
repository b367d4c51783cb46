import type { Breaker, RungAction } from '../../manifest/feature-model.ts';
import type { Tier } from '../../manifest/model.ts';

/** How each service is reached and how each feature degrades: plain data for gateway and SDK. */
export interface Policies {
  readonly services: readonly ServicePolicy[];
  readonly features: readonly FeaturePolicy[];
  /** Where `region` rungs find the site elsewhere; absent where an older Turnout wrote it. */
  readonly regions?: readonly RegionPolicy[];
  /**
   * The files of `static` rungs, by their place in the site directory, as blobs. Empty as derived:
   * digests are known once the files are stored. Absent where an older Turnout wrote it.
   */
  readonly files?: Readonly<Record<string, string>>;
}

export interface RegionPolicy {
  readonly region: string;
  readonly origin: string;
}

export interface ServicePolicy {
  readonly service: string;
  /**
   * Fixed addresses of a service that Turnout does not run; null means its instances are announced.
   */
  readonly origins: readonly string[] | null;
  /** Somebody else's: told by its own name, and nothing of our clients. Absent for our own. */
  readonly isPartner?: true;
  /** Most requests one instance is given at a time by each worker. */
  readonly limitInFlight: number;
  /** Left out by a configuration of before. */
  readonly breaker?: BreakerPolicy;
  /** How fixed addresses are asked whether they are well; null or absent for not at all. */
  readonly health?: HealthPolicy | null;
  readonly needs: readonly NeedPolicy[];
}

export type BreakerPolicy = Breaker;

export interface HealthPolicy {
  readonly path: string;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Failures in a row before an address is left out. */
  readonly failures: number;
}

export interface NeedPolicy {
  readonly need: string;
  readonly kind: 'postgres' | 'http' | 'feature';
  /** Resource name, URL, or `service.feature`. */
  readonly target: string;
  readonly timeoutMs: number;
  /** Most calls at a time from one instance; connections to each server of a database. */
  readonly inFlight: number;
  /** The order in which the servers of a database are asked for what may be a moment old. */
  readonly reads: readonly ('replica' | 'primary')[];
  /** The site stands in front of it. Absent where instances call it themselves. */
  readonly isProxied?: true;
}

export interface FeaturePolicy {
  /** `donations.donate`. */
  readonly feature: string;
  readonly tier: Tier;
  readonly once: boolean;
  /** Statuses that are failures beside 502 to 504; absent where an older Turnout wrote it. */
  readonly failsOn?: readonly number[];
  readonly cache:
    | { readonly kind: 'origin' | 'none' }
    | { readonly kind: 'for'; readonly forMs: number };
  /** How long one that says there is nothing is kept where it says not; null where not at all. */
  readonly missingMs: number | null;
  /** Null lets the query be as it comes. */
  readonly query: QueryPolicy | null;
  readonly needs: readonly string[];
  readonly ladder: readonly LadderPolicy[];
  /** Null or absent is that of the service. */
  readonly breaker?: BreakerPolicy | null;
  /** Most requests at a time in the whole site; null or absent for no limit of its own. */
  readonly inFlight?: number | null;
  /** How what was queued is sent; null where nothing is, absent where an older one wrote it. */
  readonly replay?: ReplayPolicy | null;
}

export interface ReplayPolicy {
  /** The header by which the service knows the caller; null where it need not. */
  readonly credential: string | null;
  /** Most replays a second, of the whole site: one process replays at a time. */
  readonly perSecond: number;
  /** Path of the page that the browser of an HTML form is shown; null for a page of our own. */
  readonly page: string | null;
}

/** Which parameters count; a name that ends in `*` stands for all that begin so. */
export interface QueryPolicy {
  /** Null is all. */
  readonly allow: readonly string[] | null;
  readonly drop: readonly string[];
  readonly sort: boolean;
}

export interface LadderPolicy {
  /** `db.primary`, `db`, or null for `otherwise`. */
  readonly need: string | null;
  readonly rungs: readonly RungPolicy[];
}

/** A rung with the methods it applies to made explicit. */
export type RungPolicy = { readonly methods: readonly string[] } & RungAction;
