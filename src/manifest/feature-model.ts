import type { NeedReference } from './model.ts';

/** Which parameters count; a name that ends in `*` stands for all that begin so. */
export interface Query {
  /** Null is all. */
  readonly allow: readonly string[] | null;
  readonly drop: readonly string[];
  readonly tracking: 'keep' | 'drop';
  readonly sort: boolean;
}

export type Cache =
  | { readonly kind: 'origin' }
  | { readonly kind: 'none' }
  | { readonly kind: 'for'; readonly forMs: number };

export interface FeatureLimits {
  readonly deadlineMs: number;
  readonly bodyBytes: number;
  /** Most requests at a time in the whole site; null is as many as its instances are given. */
  readonly inFlight: number | null;
}

/** When calls are refused at once because too many before them failed. */
export interface Breaker {
  /** Share of the calls in the window that failed or were slow, from which on it opens. */
  readonly errors: number;
  /** A call that takes this long counts as one that failed; null for none. */
  readonly slowMs: number | null;
  /** Fewer calls than these within the window say nothing. */
  readonly volume: number;
  /** How long it stays open before it lets one call try. */
  readonly openMs: number;
}

/** How what was queued is sent later. */
export interface Replay {
  /** The header by which the service knows the caller; null where it need not. */
  readonly credential: string | null;
  readonly perSecond: number;
  /** Path of the page for HTML forms; null for a plain one. */
  readonly page: string | null;
}

export interface Rewrite {
  /** Prefix taken off the path before it goes to the service. */
  readonly strip: string;
  /** Prefix put in its place. */
  readonly add: string;
}

export interface Cors {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly expose: readonly string[];
  readonly credentials: boolean;
  readonly maxAgeMs: number;
}

/** How the site stands in front of an API of somebody else. */
export interface Proxy {
  /** Most calls at a time of the whole site. */
  readonly inFlight: number;
  readonly cache: Cache;
  /** Statuses that are failures beside 502, 503 and 504. */
  readonly failsOn: readonly number[];
  /** Null is one with the defaults. */
  readonly breaker: Breaker | null;
  /** What is answered in its place when it fails. */
  readonly rungs: readonly Rung[];
}

export interface LadderStep {
  /** The need whose loss takes these rungs; null is `otherwise`. */
  readonly need: NeedReference | null;
  readonly rungs: readonly Rung[];
}

/** One rung; `methods` null means all it can apply to. */
export type Rung = { readonly methods: readonly string[] | null } & RungAction;

/** What it answers with in place of the service. */
export type RungAction =
  | { readonly kind: 'stale'; readonly forMs: number }
  | { readonly kind: 'static'; readonly file: string }
  | { readonly kind: 'region'; readonly region: string }
  | { readonly kind: 'queue'; readonly forMs: number; readonly by: string }
  | { readonly kind: 'read-only' }
  | { readonly kind: 'redirect'; readonly url: string }
  | { readonly kind: 'closed' };
