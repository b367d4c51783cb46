import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { FileFormat } from './connections.ts';

/** One entry as the file holds it; `data` is JSON text. */
export interface JournalRow {
  readonly position: number;
  readonly atMs: number;
  readonly kind: string;
  readonly subject: string;
  readonly who: string;
  readonly why: string | null;
  readonly data: string;
}

export interface JournalRange {
  readonly after: number;
  readonly before: number | null;
  readonly limit: number;
  readonly kind: string | null;
  readonly subject: string | null;
  readonly newest: boolean;
}

export interface JournalTrimming {
  readonly keepEntries: number | null;
  readonly keepBytes: number | null;
  readonly olderThanMs: number | null;
}

export type JournalReads = ReturnType<typeof createJournalReads>;
export type JournalWrites = ReturnType<typeof createJournalWrites>;

export const journalFormat: FileFormat = {
  kind: 'journal',
  applicationId: 0x74726e02,
  migrations: [
    // AUTOINCREMENT: the position of a trimmed entry is never given to another.
    `CREATE TABLE entry (
       position INTEGER PRIMARY KEY AUTOINCREMENT,
       at_ms INTEGER NOT NULL,
       kind TEXT NOT NULL,
       subject TEXT NOT NULL,
       who TEXT NOT NULL,
       why TEXT,
       data TEXT NOT NULL -- JSON
     ) STRICT;
     CREATE INDEX entry_kind ON entry (kind, position);
     CREATE INDEX entry_subject ON entry (subject, position);`,
  ],
};

const COLUMNS = 'position, at_ms AS atMs, kind, subject, who, why, data';

/** Text and data of an entry; what the indexes and pages add on top is not counted. */
const BYTES = `octet_length(kind) + octet_length(subject) + octet_length(who) +
  ifnull(octet_length(why), 0) + octet_length(data)`;

export function createJournalReads(reader: DatabaseSync) {
  const last = reader.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'entry'");
  return {
    range: (argument: JournalRange) => selectRange(reader, argument),
    last: (_argument: null) => Number(last.get()?.['seq'] ?? 0),
  };
}

function selectRange(reader: DatabaseSync, range: JournalRange): JournalRow[] {
  const conditions = ['position > :after'];
  const values: Record<string, SQLInputValue> = { after: range.after, limit: range.limit };
  if (range.before !== null) {
    conditions.push('position <= :before');
    values['before'] = range.before;
  }
  if (range.kind !== null) {
    // `release` and all that starts with `release.`; a slash is what follows a dot in ASCII.
    conditions.push("(kind = :kind OR (kind > :kind || '.' AND kind < :kind || '/'))");
    values['kind'] = range.kind;
  }
  if (range.subject !== null) {
    conditions.push('subject = :subject');
    values['subject'] = range.subject;
  }
  const rows = reader
    .prepare(
      `SELECT ${COLUMNS} FROM entry WHERE ${conditions.join(' AND ')}
       ORDER BY position ${range.newest ? 'DESC' : 'ASC'} LIMIT :limit`,
    )
    .all(values) as unknown as JournalRow[];
  return range.newest ? rows.reverse() : rows;
}

export function createJournalWrites(writer: DatabaseSync) {
  const append = writer.prepare(
    'INSERT INTO entry (at_ms, kind, subject, who, why, data) VALUES (?, ?, ?, ?, ?, ?)',
  );
  return {
    append(argument: Omit<JournalRow, 'position'>): number {
      const { atMs, kind, subject, who, why, data } = argument;
      return Number(append.run(atMs, kind, subject, who, why, data).lastInsertRowid);
    },
    trim: (argument: JournalTrimming) => trim(writer, argument),
  };
}

/** How many entries one transaction removes, so that appends of other processes come in between. */
export const TRIM_STEP_ENTRIES = 5_000;

/**
 * Removes from the old end up to the last entry that any of the given bounds excludes, but at most
 * one step.
 */
function trim(
  writer: DatabaseSync,
  { keepEntries, keepBytes, olderThanMs }: JournalTrimming,
): { removed: number; oldest: number } {
  const boundaries = [0];
  const boundary = (sql: string, value: number) => {
    boundaries.push(Number(writer.prepare(sql).get(value)?.['position'] ?? 0));
  };
  if (keepEntries !== null) {
    boundary('SELECT position FROM entry ORDER BY position DESC LIMIT 1 OFFSET ?', keepEntries);
  }
  if (olderThanMs !== null) {
    boundary(
      // The run of old entries at the start: an entry by a clock that was wrong must not take newer
      // ones along.
      `SELECT ifnull((SELECT min(position) FROM entry WHERE at_ms >= ?) - 1,
                     (SELECT max(position) FROM entry)) AS position`,
      olderThanMs,
    );
  }
  if (keepBytes !== null) {
    boundary(
      `SELECT max(position) AS position FROM
         (SELECT position, sum(${BYTES}) OVER (ORDER BY position DESC) AS bytes FROM entry)
       WHERE bytes > ?`,
      keepBytes,
    );
  }
  const oldest = writer.prepare('SELECT ifnull(min(position), 0) AS position FROM entry');
  const oldestPosition = () => Number(oldest.get()?.['position']);
  const last = Math.min(Math.max(...boundaries), oldestPosition() + TRIM_STEP_ENTRIES - 1);
  const removed = writer.prepare('DELETE FROM entry WHERE position <= ?').run(last);
  return { removed: Number(removed.changes), oldest: oldestPosition() };
}
