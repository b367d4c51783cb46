/**
 * edge.yaml, validated; executed by the edge. Conditions are CEL source that parsed and
 * type-checked.
 */
export interface Edge {
  readonly tables: readonly EdgeTable[];
  readonly bans: EdgeBans;
  readonly geo: EdgeGeo;
  readonly rules: readonly EdgeRule[];
  /** Left out where edge.yaml has none. */
  readonly autoBan?: EdgeAutoBan;
}

/** Whoever goes over one of the limits is banned for a while, or only told of. */
export interface EdgeAutoBan {
  readonly mode: 'observe' | 'enforce';
  readonly forMs: number;
  /** Networks that are never banned by it. */
  readonly never: readonly string[];
  readonly limits: readonly EdgeAutoBanLimit[];
}

export interface EdgeAutoBanLimit {
  readonly name: string;
  /** First and last of the statuses that count. */
  readonly statuses: { readonly from: number; readonly to: number };
  /** The method that counts; null for any. */
  readonly method: string | null;
  /** The path that counts, and all below it; null for any. */
  readonly path: string | null;
  /** So many are fine, by one client within `withinMs` at one worker. */
  readonly count: number;
  readonly withinMs: number;
}

/** How one whose address is in the table `bans` is answered. */
export interface EdgeBans {
  readonly status: number;
  readonly reason: string | null;
  readonly page: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Networks of other edge nodes: what a request from them brings has passed their ban list. */
  readonly edgeNodes: readonly string[];
}

/** MMDB files, relative to the site directory; null for none. */
export interface EdgeGeo {
  readonly country: string | null;
  readonly asn: string | null;
}

export interface EdgeTable {
  readonly name: string;
  readonly kind: 'set' | 'cidr' | 'map';
  readonly entries: readonly EdgeTableEntry[];
  readonly file: string | null;
}

export interface EdgeTableEntry {
  readonly key: string;
  readonly value: string | null;
  readonly why: string | null;
  readonly author: string | null;
  readonly expires: string | null;
}

export interface EdgeRule {
  readonly name: string;
  readonly when: string;
  readonly mode: 'enforce' | 'observe';
  readonly action: EdgeAction;
  readonly expires: string | null;
}

export type EdgeAction =
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly reason: string | null;
      readonly page: string | null;
      readonly headers: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'deceive';
      readonly replies: readonly DeceptiveReply[];
      readonly delayMs: number;
    }
  | { readonly kind: 'redirect'; readonly url: string; readonly status: number }
  | {
      readonly kind: 'rate-limit';
      readonly perSecond: number;
      readonly burst: number;
      readonly key: string;
    }
  | { readonly kind: 'tarpit'; readonly delayMs: number }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'skip-cache' }
  | { readonly kind: 'pass' };

export interface DeceptiveReply {
  readonly weight: number;
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}
