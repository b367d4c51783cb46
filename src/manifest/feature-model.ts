/** Which parameters count; a name that ends in `*` stands for all that begin so. */
export interface Query {
  /** Null is all. */
  readonly allow: readonly string[] | null;
  readonly drop: readonly string[];
  readonly tracking: 'keep' | 'drop';
  readonly sort: boolean;
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
