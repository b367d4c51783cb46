import type {
  EdgeAutoBan,
  EdgeBans,
  EdgeGeo,
  EdgeRule,
  EdgeTable,
  EdgeTableEntry,
} from '../../manifest/edge-model.ts';

export type { EdgeAction, EdgeBans, EdgeRule } from '../../manifest/edge-model.ts';

/** What a worker is told of edge.yaml. Files are named by their place in the site directory. */
export interface EdgeConfiguration {
  readonly tables: readonly TableDefinition[];
  readonly bans: EdgeBans;
  readonly geo: EdgeGeo;
  readonly rules: readonly EdgeRule[];
  /** Left out where edge.yaml has none. */
  readonly autoBan?: EdgeAutoBan;
  /** The digest of the blob that holds each file that is named above. */
  readonly files: Readonly<Record<string, string>>;
}

/** Its file has one entry a line: `key`, or `key value` in a map; `#` begins a comment. */
export interface TableDefinition extends Omit<EdgeTable, 'entries'> {
  readonly entries: readonly TableEntry[];
}

export interface TableEntry extends Omit<EdgeTableEntry, 'expires'> {
  /** Milliseconds since the epoch; null for never. */
  readonly expiresMs: number | null;
}
