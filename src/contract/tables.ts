/**
 * Tables that were changed while the site runs, as the controller tells the workers and itself
 * through state: one entry of state for each entry of a table, so that one change is one small
 * write. What edge.yaml and its files say comes with the configuration; an entry here goes before
 * it.
 */
export const TABLES_PREFIX = 'tables/';

/** The table that `turnout ban` edits; it is always there, whatever edge.yaml says. */
export const BANS_TABLE = 'bans';

/** Who a ban is by that a worker made by itself. */
export const AUTO_BAN_AUTHOR = 'auto-ban';

/** `type`, not `interface`: a type alias is assignable to JsonValue. */
export type LiveTableEntry = {
  readonly table: string;
  /** A word, or an address or network in its one canonical form. */
  readonly key: string;
  /** What it stands for; null where the table is no map. */
  readonly value: string | null;
  /** True takes out what edge.yaml or its file has under this key. */
  readonly isRemoved: boolean;
  readonly author: string;
  readonly why: string | null;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** When it stops to count; null for never. */
  readonly expiresMs: number | null;
};

/** Whether what was read from a file is an entry: a damaged one must not end who reads it. */
export function isLiveTableEntry(value: unknown): value is LiveTableEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { table, key, value: held, isRemoved, author, why, atMs, expiresMs } = value as Unread;
  return (
    [table, key, author].every((text) => typeof text === 'string') &&
    [held, why].every((text) => text === null || typeof text === 'string') &&
    typeof isRemoved === 'boolean' &&
    typeof atMs === 'number' &&
    (expiresMs === null || typeof expiresMs === 'number')
  );
}

type Unread = { readonly [name in keyof LiveTableEntry]?: unknown };
