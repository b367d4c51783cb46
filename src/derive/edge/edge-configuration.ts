import type { EdgeAutoBan, EdgeGeo, EdgeRule } from '../../manifest/edge-model.ts';

export type { EdgeAction, EdgeRule } from '../../manifest/edge-model.ts';

/** What a worker is told of edge.yaml. Files are named by their place in the site directory. */
export interface EdgeConfiguration {
  readonly tables: readonly TableDefinition[];
  readonly bans: BanConfiguration;
  readonly geo: EdgeGeo;
  readonly rules: readonly EdgeRule[];
  /** Left out where edge.yaml has none. */
  readonly autoBan?: EdgeAutoBan;
  /** The digest of the blob that holds each file that is named above. */
  readonly files: Readonly<Record<string, string>>;
}

export interface TableDefinition {
  readonly name: string;
  readonly kind: 'set' | 'cidr' | 'map';
  readonly entries: readonly TableEntry[];
  /** A file with one entry a line: `key`, or `key value` in a map; `#` begins a comment. */
  readonly file: string | null;
}

export interface TableEntry {
  readonly key: string;
  readonly value: string | null;
  readonly why: string | null;
  readonly author: string | null;
  /** Milliseconds since the epoch; null for never. */
  readonly expiresMs: number | null;
}

/** How one whose address is in the table `bans` is answered. */
export interface BanConfiguration {
  readonly status: number;
  readonly reason: string | null;
  readonly page: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Networks of other edge nodes: what a request from them brings has passed their ban list. */
  readonly edgeNodes: readonly string[];
}
