import type { DatabaseSync } from 'node:sqlite';
import type { FileFormat } from './connections.ts';
import { createLeaseWrites } from './lease-operations.ts';

/** One change as the file holds it: `value` is JSON text, null once the key was deleted. */
export interface StateRow {
  readonly key: string;
  readonly value: string | null;
  readonly revision: number;
}

export interface PresentRow extends StateRow {
  readonly value: string;
}

export type WriteResult =
  | { readonly kind: 'written'; readonly revision: number }
  | { readonly kind: 'conflict'; readonly current: PresentRow | null };

/**
 * The next changes for a watcher; `compacted` when deletes that it has not seen are no longer
 * known.
 */
export type ChangesPage =
  | {
      readonly kind: 'changes';
      readonly rows: readonly StateRow[];
      /** Where to go on from. */
      readonly cursor: number;
      readonly more: boolean;
    }
  | { readonly kind: 'compacted' };

export type StateReads = ReturnType<typeof createStateReads>;
export type StateWrites = ReturnType<typeof createStateWrites>;

/**
 * Beyond `count` tombstones those older than `ageMs` are forgotten, and the oldest beyond ten times
 * `count`.
 */
export interface TombstoneLimits {
  readonly count: number;
  readonly ageMs: number;
}

export const stateFormat: FileFormat = {
  kind: 'state',
  applicationId: 0x74726e01,
  migrations: [
    `CREATE TABLE entry (
       key TEXT PRIMARY KEY NOT NULL,
       value TEXT, -- JSON; NULL marks a tombstone, which keeps the delete's place among the changes
       revision INTEGER NOT NULL UNIQUE,
       changed_at_ms INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX tombstone ON entry (revision) WHERE value IS NULL;
     CREATE TABLE counter (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) STRICT;
     INSERT INTO counter VALUES ('revision', 0), ('compacted', 0);
     CREATE TABLE lease (
       name TEXT PRIMARY KEY NOT NULL,
       holder TEXT NOT NULL,
       fence INTEGER NOT NULL,
       ttl_ms INTEGER NOT NULL,
       expires_at_ms INTEGER NOT NULL
     ) STRICT;`,
  ],
};

/** A page of changes is bounded both ways, since one value may be a mebibyte. */
const PAGE_ROWS = 256;
const PAGE_CHARACTERS = 4 * 1024 * 1024;

/** Keys are ASCII, so this sorts after every key that starts with the prefix. */
const AFTER_ALL = '\x7f';

export function createStateReads(reader: DatabaseSync) {
  const get = reader.prepare(
    'SELECT key, value, revision FROM entry WHERE key = ? AND value IS NOT NULL',
  );
  const list = reader.prepare(
    `SELECT key, value, revision FROM entry
     WHERE key >= ? AND key < ? AND value IS NOT NULL ORDER BY key`,
  );
  // The plus signs leave the index of keys out: few changes are new, however many keys there are.
  const changes = reader.prepare(
    `SELECT key, value, revision FROM entry
     WHERE revision > ? AND +key >= ? AND +key < ? ORDER BY revision`,
  );
  const counter = reader.prepare('SELECT value FROM counter WHERE name = ?');
  const count = (name: string) => Number(counter.get(name)?.['value']);

  const page = (prefix: string, after: number): ChangesPage => {
    const revision = count('revision');
    if (after > revision || (after > 0 && after < count('compacted'))) return { kind: 'compacted' };
    const rows: StateRow[] = [];
    let characters = 0;
    for (const row of changes.iterate(after, prefix, prefix + AFTER_ALL)) {
      const change = row as unknown as StateRow;
      rows.push(change);
      characters += change.value?.length ?? 0;
      if (rows.length === PAGE_ROWS || characters >= PAGE_CHARACTERS) {
        return { kind: 'changes', rows, cursor: change.revision, more: true };
      }
    }
    return { kind: 'changes', rows, cursor: revision, more: false };
  };

  return {
    get: (argument: { readonly key: string }) =>
      (get.get(argument.key) ?? null) as PresentRow | null,
    list: (argument: { readonly prefix: string }) =>
      list.all(argument.prefix, argument.prefix + AFTER_ALL) as unknown as PresentRow[],
    /** What changed after revision `after`; after 0 that is every entry there is. */
    changes: (argument: { readonly prefix: string; readonly after: number }) =>
      inOneSnapshot(reader, () => page(argument.prefix, argument.after)),
    /** All present entries and the revision at which they were. */
    snapshot: (argument: { readonly prefix: string }) =>
      inOneSnapshot(reader, () => ({
        rows: list.all(argument.prefix, argument.prefix + AFTER_ALL) as unknown as PresentRow[],
        cursor: count('revision'),
      })),
  };
}

/** Statements that must agree with one another read within one transaction. */
function inOneSnapshot<Result>(reader: DatabaseSync, read: () => Result): Result {
  reader.exec('BEGIN');
  try {
    return read();
  } finally {
    // Some failures, a damaged page among them, have ended it already.
    if (reader.isTransaction) reader.exec('COMMIT');
  }
}

export function createStateWrites(writer: DatabaseSync, limits: TombstoneLimits) {
  const get = writer.prepare('SELECT key, value, revision FROM entry WHERE key = ?');
  const set = writer.prepare(
    `INSERT INTO entry (key, value, revision, changed_at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET
       value = excluded.value,
       revision = excluded.revision,
       changed_at_ms = excluded.changed_at_ms`,
  );
  const advance = writer.prepare(
    "UPDATE counter SET value = value + 1 WHERE name = 'revision' RETURNING value",
  );
  const compact = createCompaction(writer, limits);

  const write = (key: string, value: string | null, nowMs: number): number => {
    const revision = Number(advance.get()?.['value']);
    set.run(key, value, revision, nowMs);
    return revision;
  };

  const present = (key: string): PresentRow | null => {
    const row = get.get(key) as unknown as StateRow | undefined;
    return row && row.value !== null ? (row as PresentRow) : null;
  };

  return {
    put: (argument: { readonly key: string; readonly value: string; readonly nowMs: number }) =>
      write(argument.key, argument.value, argument.nowMs),
    compareAndSet(argument: {
      readonly key: string;
      readonly value: string;
      readonly expectedRevision: number;
      readonly nowMs: number;
    }): WriteResult {
      const current = present(argument.key);
      if ((current?.revision ?? 0) !== argument.expectedRevision) {
        return { kind: 'conflict', current };
      }
      return { kind: 'written', revision: write(argument.key, argument.value, argument.nowMs) };
    },
    delete(argument: {
      readonly key: string;
      readonly expectedRevision: number | null;
      readonly nowMs: number;
    }): boolean {
      const current = present(argument.key);
      if (!current) return false;
      if (argument.expectedRevision !== null && argument.expectedRevision !== current.revision) {
        return false;
      }
      write(argument.key, null, argument.nowMs);
      compact(argument.nowMs);
      return true;
    },
    ...createLeaseWrites(writer, () => Number(advance.get()?.['value'])),
  };
}

/**
 * Forgets old tombstones and notes up to where: a watcher that stood before that place compares all
 * entries with those it knows instead, so no deleted key stays with it.
 */
function createCompaction(writer: DatabaseSync, limits: TombstoneLimits) {
  const count = writer.prepare('SELECT count(*) AS n FROM entry WHERE value IS NULL');
  const newestOld = writer.prepare(
    `SELECT max(revision) AS revision FROM entry WHERE value IS NULL AND
       (changed_at_ms < ? OR revision <=
         (SELECT revision FROM entry WHERE value IS NULL ORDER BY revision DESC LIMIT 1 OFFSET ?))`,
  );
  const forget = writer.prepare('DELETE FROM entry WHERE value IS NULL AND revision <= ?');
  const note = writer.prepare("UPDATE counter SET value = max(value, ?) WHERE name = 'compacted'");
  let deletes = 0;
  return (nowMs: number) => {
    // Counting takes a moment with many, so it is not done at every delete.
    deletes += 1;
    if (deletes % Math.max(1, Math.floor(limits.count / 10)) !== 0) return;
    if (Number(count.get()?.['n']) <= limits.count) return;
    const boundary = newestOld.get(nowMs - limits.ageMs, limits.count * 10)?.['revision'];
    if (typeof boundary !== 'number') return;
    forget.run(boundary);
    note.run(boundary);
  };
}
