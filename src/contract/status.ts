import type { RungName } from './feature-health.ts';
import type { FrontendPin } from './keys.ts';

/**
 * How the site stands: the body of `GET /api/status`. The controller fills it, the CLI prints it,
 * the console shows it.
 *
 * Type aliases, so that every one is assignable to JsonValue. Times are ISO 8601 in UTC, durations
 * milliseconds.
 */
export type SiteStatus = {
  readonly site: string;
  readonly environment: string;
  /** The version of Turnout that answers. */
  readonly turnout: string;
  /** Digest of the Model in force: `sha256:…`. */
  readonly model: string;
  readonly asOf: string;
  readonly addresses: SiteAddresses;
  readonly processes: readonly ProcessStatus[];
  readonly services: readonly ServiceStatus[];
  readonly features: readonly FeatureStatus[];
  /** As workers told it lately; left out by a controller of the version before. */
  readonly load?: readonly ServiceLoadStatus[];
  readonly frontends: readonly FrontendStatus[];
  readonly resources: readonly ResourceStatus[];
  /** What an operator must know now, gravest first; empty when all is well. */
  readonly notes: readonly StatusNote[];
};

/** Where it is reached, as URLs; null while that listener is not up. */
export type SiteAddresses = {
  readonly site: string | null;
  /** The same with TLS; null too where there is none. */
  readonly https: string | null;
  /** For the site's own services, which reach each other's features here. */
  readonly internal: string | null;
  readonly console: string | null;
};

export type ProcessStatus = {
  readonly kind: 'keeper' | 'controller' | 'worker' | 'links';
  readonly id: string;
  readonly pid: number;
  readonly state: 'starting' | 'running' | 'stopping' | 'dead';
  readonly uptimeMs: number;
  readonly restarts: number;
};

export type ServiceStatus = {
  readonly service: string;
  /** `run` by Turnout with instances below, or fronted `at` addresses of its own. */
  readonly kind: 'run' | 'at';
  /**
   * `down`: nothing takes traffic. `degraded`: fewer than desired do. `starting`: not yet up for
   * the first time.
   */
  readonly state: 'up' | 'starting' | 'degraded' | 'down';
  /** Digest of the release that should serve; null for `at` services and before the first build. */
  readonly release: string | null;
  readonly desired: number;
  readonly healthy: number;
  readonly instances: readonly InstanceStatus[];
  /** Addresses of an `at` service; empty otherwise. */
  readonly origins: readonly string[];
  readonly needs: readonly NeedStatus[];
};

export type InstanceStatus = {
  readonly id: string;
  /** `host:port`. */
  readonly address: string;
  readonly pid: number;
  readonly state: 'starting' | 'ready' | 'sick' | 'draining' | 'stopped';
  readonly release: string;
  readonly uptimeMs: number;
  /** How many instances stood in this place before it and had to be replaced. */
  readonly restarts: number;
  readonly lastFailure: FailureStatus | null;
};

export type FailureStatus = {
  readonly at: string;
  readonly reason: string;
  /** The last lines that the failed instance wrote, oldest first. */
  readonly lastLines: readonly string[];
};

export type NeedStatus = {
  readonly need: string;
  readonly kind: 'postgres' | 'http' | 'feature';
  /** Resource name, URL without credentials, or `service.feature`. */
  readonly target: string;
  readonly state: NeedState;
  /** Instances whose answers say that it is lost; absent where no answer did. */
  readonly saidBy?: readonly string[];
};

/** `unknown`: nobody has reported on it yet. */
export type NeedState = 'up' | 'down' | 'unknown';

export type FeatureStatus = {
  /** `donations.donate`. */
  readonly feature: string;
  readonly tier: 'core' | 'important' | 'sheddable';
  readonly state: 'up' | 'degraded' | 'down' | 'unknown';
  /** The ladder rung in force, such as `stale`, and of several the worst; null when none is. */
  readonly rung: RungName | null;
  /** Since when that rung is; null when none is, absent from a controller of the version before. */
  readonly since?: string | null;
  /** All of them; left out where none is, and by a controller of before. */
  readonly rungs?: readonly RungStatus[];
};

/** A rung that answers for a feature in some of the workers. */
export type RungStatus = {
  readonly rung: RungName;
  /** The need that was lost; null where nobody knows. */
  readonly need: string | null;
  /** `status`, `late`, `unreached` … */
  readonly cause: string;
  readonly requests: 'reads' | 'writes';
  readonly since: string;
  /** Requests that it answered since then. */
  readonly served: number;
  /** In how many workers: each finds out for itself. */
  readonly workers: number;
};

/** What all workers together have before one service. */
export type ServiceLoadStatus = {
  readonly service: string;
  /** Requests that they give it at a time, as found from how long its answers take. */
  readonly limit: number;
  readonly inFlight: number;
  /** Requests turned away under overload since the workers started, by tier. */
  readonly shed: {
    readonly core: number;
    readonly important: number;
    readonly sheddable: number;
  };
};

export type FrontendStatus = {
  readonly frontend: string;
  readonly prefix: string;
  /** Digest of the release being served; null before the first one is published. */
  readonly release: string | null;
  /** Put live by hand, and not replaced by its folder; null where it is not. */
  readonly pinned: FrontendPin | null;
};

export type ResourceStatus = {
  readonly kind: 'postgres';
  readonly name: string;
  /** `elsewhere`: a URL that Turnout does not run and therefore does not judge. */
  readonly state: 'starting' | 'up' | 'down' | 'elsewhere';
  /** `host:port`; null while it is not up. */
  readonly address: string | null;
  readonly reason: string | null;
  /**
   * How commits are kept now: `pending` waits for the first replica of `sync`, `lost` had one. Null
   * for a server alone, or elsewhere.
   */
  readonly durability: 'sync' | 'async' | 'pending' | 'lost' | null;
  /** What of that which was acknowledged that would cost, in words. */
  readonly ifPrimaryIsLost: string | null;
  /** One that was begun and is not through; there is no primary meanwhile. */
  readonly promotion: PromotionStatus | null;
  /** Empty for one elsewhere. */
  readonly members: readonly MemberStatus[];
};

/** Who is to take over, and why that is not done yet. */
export type PromotionStatus = {
  readonly from: string;
  /** Null until somebody is chosen, where nobody was named. */
  readonly to: string | null;
  /** When it was chosen; null before, or where the version before chose. */
  readonly since: string | null;
  /** When it was about to be told to take writes; null before. */
  readonly openingSince: string | null;
  readonly why: string;
  readonly remedy: string;
};

/** One server of a resource. */
export type MemberStatus = {
  readonly name: string;
  /** `fenced`: was the primary, or chosen to be, and waits to be seeded afresh. */
  readonly role: 'primary' | 'replica' | 'fenced';
  readonly state: 'starting' | 'up' | 'down' | 'seeding';
  readonly address: string;
  /** How far behind the primary it answers reads; null where that is not known. */
  readonly lagBytes: number | null;
  readonly lagMs: number | null;
  readonly reason: string | null;
};

/**
 * Something of note, in plain words: `replacement stopped: more than half of donations fail
 * together`.
 */
export type StatusNote = {
  readonly severity: 'alert' | 'warning' | 'note';
  /** Kebab-case, stable: `replacement-stopped`, `crash-loop`, `manifest-refused`. */
  readonly code: string;
  /** Service, frontend, resource or process it is about; null for the site. */
  readonly about: string | null;
  readonly message: string;
  readonly remedy: string | null;
  readonly since: string;
};
