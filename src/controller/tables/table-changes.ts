import type { LiveTableEntry } from '../../contract/tables.ts';
import type { JsonValue } from '../../lib/json.ts';

/** What somebody wants of one entry. */
export interface TableChange {
  readonly kind: 'put' | 'remove';
  readonly key: string;
  readonly value: string | null;
  /** Milliseconds since the epoch; null for never. */
  readonly expiresMs: number | null;
  /** The revision of the entry it was seen with, 0 for none; null to change it whatever it is. */
  readonly expect: number | null;
}

/** Changes of one table that are checked together: when one is refused, none is made. */
export interface TableChangeset {
  readonly table: string;
  readonly changes: readonly TableChange[];
  readonly who: string;
  readonly why: string | null;
  /** Makes also what is dangerous: a ban of half the world, an entry of a table nobody declared. */
  readonly force: boolean;
  /** Only says whether it would be refused: then the results are none. */
  readonly isCheck?: boolean;
}

/** What became of one change; `type`, so that it is JSON. */
export type TableChangeResult = {
  readonly key: string;
  readonly outcome: 'added' | 'changed' | 'unchanged' | 'removed';
  readonly before: ShownEntry | null;
  readonly after: ShownEntry | null;
};

/** An entry as people are shown it. */
export type ShownEntry = {
  readonly key: string;
  readonly value: string | null;
  readonly author: string | null;
  readonly why: string | null;
  /** ISO 8601, null where it was there from the start. */
  readonly since: string | null;
  readonly expires: string | null;
  /** `live` was made at run time, `edge.yaml` is there from the start, as is what a file has. */
  readonly from: 'live' | 'edge.yaml' | 'file';
  /** It stands for one from the start that was taken out. */
  readonly isRemoved: boolean;
  /** Of a live one, for `expect`; 0 for those from the start. */
  readonly revision: number;
};

export type TableSummary = {
  readonly name: string;
  /** Null where only live entries know of it, since edge.yaml does not declare it. */
  readonly kind: 'set' | 'cidr' | 'map' | null;
  /** Entries from the start: of edge.yaml and of the file. */
  readonly first: number;
  readonly live: number;
};

export type TablePage = {
  readonly table: TableSummary;
  readonly entries: readonly ShownEntry[];
  /** Where the next page begins; null on the last. */
  readonly next: string | null;
};

/** What the API asks of the tables. */
export interface TableControl {
  /**
   * Rejects with the reason why not, and then has changed nothing; where a worker or the state came
   * in between the check and the writing, the reason says how many changes were made.
   */
  change(set: TableChangeset): Promise<readonly TableChangeResult[]>;
  summaries(): Promise<readonly TableSummary[]>;
  /** Entries in order of their keys: those of edge.yaml, then the live ones. */
  page(table: string, after: string | null, limit: number): Promise<TablePage>;
  /** Of one key, or of all networks that hold an address, the narrowest first. */
  find(table: string, key: string): Promise<readonly ShownEntry[]>;
}

export function shownLive(entry: LiveTableEntry, revision: number): ShownEntry {
  const { key, value, author, why, isRemoved, atMs, expiresMs } = entry;
  return {
    key,
    value,
    author,
    why,
    since: new Date(atMs).toISOString(),
    expires: expiresMs === null ? null : new Date(expiresMs).toISOString(),
    from: 'live',
    isRemoved,
    revision,
  };
}

/** As it is written into the journal. */
export function journalled(entry: ShownEntry | null): JsonValue {
  if (entry === null) return null;
  const { value, author, why, expires, from, isRemoved } = entry;
  return { value, author, why, expires, from, isRemoved };
}
