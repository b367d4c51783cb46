/**
 * The Model: every manifest of a site in its one canonical form, frozen, with nothing left to
 * parse.
 *
 * Short forms, environment overrides, defaults and units are resolved here; times are milliseconds,
 * sizes are bytes, rates are per second, percentages are fractions of 1. File names are relative to
 * the site directory with forward slashes. The Model never holds a machine path, a secret or the
 * time, so equal manifests give equal digests.
 */

import type { Region } from './region-model.ts';
import type { Edge } from './edge-model.ts';
import type {
  Breaker,
  LadderStep,
  Proxy,
  Cache,
  Cors,
  FeatureLimits,
  Query,
  Replay,
  Rewrite,
} from './feature-model.ts';
import type { Flags } from './flags-model.ts';

export type Tier = 'core' | 'important' | 'sheddable';

export interface Model {
  readonly site: Site;
  readonly services: readonly Service[];
  readonly edge: Edge;
  readonly flags: Flags;
  /** `sha256:…` over the canonical JSON of everything above. */
  readonly digest: string;
}

export interface Site {
  readonly name: string;
  readonly what: string;
  readonly environment: string;
  /** Host names served; empty means any. */
  readonly hosts: readonly string[];
  readonly frontends: readonly Frontend[];
  readonly resources: readonly Resource[];
  readonly regions: readonly Region[];
  readonly listen: Listen;
  readonly clients: Clients;
  readonly certificates: readonly Certificate[];
  /** Every need passes through a link of ours. */
  readonly links: boolean;
  /** CIDR blocks whose `Forwarded` and `X-Forwarded-For` are believed. */
  readonly trustedHops: readonly string[];
  /** What each worker may keep of answers. */
  readonly cache: { readonly memoryBytes: number; readonly diskBytes: number };
  /** Where flags.yaml is read from; null for the file beside site.yaml. */
  readonly flagsPlace: { readonly url: string; readonly everyMs: number } | null;
  /** None, for one store in the state folder, or two that each hold all blobs. */
  readonly blobStores: readonly BlobStorePlace[];
  readonly backbone:
    | { readonly kind: 'embedded' }
    | { readonly kind: 'nats'; readonly url: string };
}

export interface BlobStorePlace {
  readonly region: string;
  /** On this machine, as written; null for one within the state folder. */
  readonly folder: string | null;
}

export interface Listen {
  readonly http: Listener;
  /** The public side with TLS; null where there is none. */
  readonly https: Listener | null;
  readonly redirectToHttps: boolean;
  readonly http2: boolean;
  /** Where services reach each other, internal features included. */
  readonly internal: Listener;
  readonly console: Listener;
  /** Data-plane processes; null means one a core. */
  readonly workers: number | null;
  readonly fastPath: 'auto' | 'off';
}

/** What one client may take, and how slow it may be. */
export interface Clients {
  readonly headMs: number;
  readonly requestMs: number;
  readonly idleMs: number;
  readonly bodyBytesPerSecond: number;
  /** Open connections of one address to one worker. */
  readonly connectionsPerAddress: number;
}

/** PEM files on the machine: absolute, or relative to the site directory. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
  /** Host names it is shown for; empty means those in the certificate. */
  readonly hosts: readonly string[];
}

export interface Listener {
  readonly address: string;
  readonly port: number;
}

export interface Frontend {
  readonly name: string;
  /** Path prefix, `/` or `/donate`; never ends in `/` except the root. */
  readonly prefix: string;
  readonly directory: string;
  readonly hosts: readonly string[];
  /** File served for paths that match no file (single-page applications); null answers 404. */
  readonly fallback: string | null;
  /** Page shown with 404; both are relative to `directory`. */
  readonly notFound: string | null;
  /** File of the release that is `turnout/client`, added when it is published; null for none. */
  readonly client: string | null;
  /**
   * How long a client may keep files whose name carries no content hash; those with one are kept
   * for a year.
   */
  readonly cacheMs: number;
}

export type Resource = PostgresResource;

export interface PostgresResource {
  readonly kind: 'postgres';
  readonly name: string;
  /** A server elsewhere; null means Turnout stands one up. */
  readonly url: string | null;
  /** Its replicas elsewhere. */
  readonly replicaUrls: readonly string[];
  readonly replicas: number;
  readonly durability: 'sync' | 'async';
}

export interface Service {
  readonly name: string;
  /** The folder of its service.yaml, relative to the site directory; `services/donations`. */
  readonly directory: string;
  readonly what: string;
  readonly owner: string | null;
  readonly stack: string | null;
  readonly find: Readonly<Record<string, string>>;
  readonly goesDown: readonly GoesDown[];
  readonly source: ServiceSource;
  readonly health: Health;
  readonly secrets: readonly Secret[];
  readonly scale: Scale;
  readonly breaker: Breaker;
  readonly release: ReleasePolicy;
  readonly jobs: readonly Job[];
  readonly needs: readonly Need[];
  readonly features: readonly Feature[];
  /** Folder of runbooks relative to the site directory, or null. */
  readonly runbooks: string | null;
  /** Plain settings given to instances as environment variables. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Secret {
  readonly name: string;
  /** What is made up where nobody set it; null means that somebody must. */
  readonly generate: 'random' | 'key-pair' | null;
}

export interface GoesDown {
  readonly when: string;
  readonly usersSee: string;
  /** Runbook file relative to the site directory, or null. */
  readonly runbook: string | null;
}

/** Who runs it: Turnout builds and runs instances, or it stands at addresses of its own. */
export type ServiceSource =
  | { readonly kind: 'run'; readonly build: Build; readonly command: readonly string[] }
  | {
      readonly kind: 'at';
      readonly origins: readonly string[];
      /** Whether its manifest says how it is asked for its health; else nobody asks. */
      readonly asksHealth: boolean;
    };

/** Its paths are relative to the service's folder, where the build runs. */
export type Build =
  | {
      readonly kind: 'entry';
      readonly entries: readonly string[];
      readonly include: readonly string[];
    }
  | { readonly kind: 'command'; readonly command: string; readonly output: string };

export interface Health {
  readonly path: string;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Consecutive failures before an instance counts as sick. */
  readonly failures: number;
  /** How long a new instance may take to become healthy. */
  readonly startMs: number;
}

export interface Scale {
  readonly min: number;
  readonly max: number;
  readonly targetInFlight: number;
  /** Most requests one instance is given at a time. */
  readonly limitInFlight: number;
}

export interface ReleasePolicy {
  /** Command run before a release starts (migrations), or null. */
  readonly before: readonly string[] | null;
  readonly canary: readonly number[];
  readonly bakeMs: number;
  readonly minRequests: number;
  readonly drainMs: number;
}

export interface Job {
  readonly name: string;
  readonly schedule:
    | { readonly kind: 'every'; readonly everyMs: number }
    | { readonly kind: 'cron'; readonly cron: string };
  readonly command: readonly string[];
  readonly deadlineMs: number;
  readonly overlap: 'skip' | 'allow';
}

export type Need =
  | {
      readonly kind: 'postgres';
      readonly name: string;
      readonly resource: string;
      readonly timeoutMs: number;
      /** Most connections of one instance to one server. */
      readonly inFlight: number;
      readonly reads: 'replica' | 'primary';
    }
  | {
      readonly kind: 'http';
      readonly name: string;
      readonly url: string;
      readonly timeoutMs: number;
      readonly inFlight: number;
      /** Null where instances call it themselves. */
      readonly proxy: Proxy | null;
    }
  | {
      readonly kind: 'feature';
      readonly name: string;
      readonly service: string;
      readonly feature: string;
      /** Null means the deadline of the feature. */
      readonly timeoutMs: number | null;
      readonly inFlight: number;
    };

/** `db`, or one role of it: `db.primary`. */
export interface NeedReference {
  readonly need: string;
  readonly role: string | null;
}

export interface Feature {
  readonly name: string;
  readonly tier: Tier;
  readonly routes: readonly RoutePattern[];
  readonly hosts: readonly string[];
  readonly needs: readonly NeedReference[];
  readonly limits: FeatureLimits;
  /** Null is that of the service. */
  readonly breaker: Breaker | null;
  readonly objective: { readonly availability: number | null; readonly p99Ms: number | null };
  readonly once: 'sdk' | 'none';
  /** Statuses that are failures beside 502, 503 and 504. */
  readonly failsOn: readonly number[];
  readonly cache: Cache;
  /** Null is the lifetime in `cache`, ten seconds at most. */
  readonly cacheMissingMs: number | null;
  /** Null lets the query be as it comes. */
  readonly query: Query | null;
  readonly ladder: readonly LadderStep[];
  /** Null where the manifest does not say. */
  readonly replay: Replay | null;
  readonly internal: boolean;
  readonly rewrite: Rewrite | null;
  readonly cors: Cors | null;
}

export interface RoutePattern {
  /** An upper-case method, or `ANY`. GET routes answer HEAD too. */
  readonly method: string;
  /** `/api/donations/:id`, `/files/**`; canonical, no trailing slash except `/`. */
  readonly path: string;
}
