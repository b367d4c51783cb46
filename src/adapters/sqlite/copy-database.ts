import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { JsonValue } from '../../lib/json.ts';

/** As long as a writer may hold it back; readers of a write-ahead log wait for nobody. */
const BUSY_LIMIT_MS = 10_000;

/**
 * Copies a database that others write to as it stood at one moment. Blocks until it is done, so not
 * for a process that serves. Throws SQLite's own error.
 */
export function copyDatabase(file: string, target: string): void {
  const database = new DatabaseSync(file, { timeout: BUSY_LIMIT_MS, readOnly: true });
  try {
    database.prepare('VACUUM INTO ?').run(target);
  } finally {
    database.close();
  }
  chmodSync(target, 0o600);
}

/**
 * Takes out of a copy of the state what only the processes of its own machine could use: leases,
 * and the keys with these beginnings. Nobody watches a copy, so no tombstones are left.
 */
export function forgetInCopy(file: string, prefixes: readonly string[]): void {
  changeCopy(file, (database) => {
    database.exec('DELETE FROM lease');
    const remove = database.prepare('DELETE FROM entry WHERE substr(key, 1, ?) = ?');
    for (const prefix of prefixes) remove.run(prefix.length, prefix);
  });
}

/** Replaces a path that a copy of the state speaks of by another. */
export function relocateInCopy(file: string, from: string, to: string): void {
  const inJson = (path: string): string => JSON.stringify(path).slice(1, -1);
  changeCopy(file, (database) => {
    database
      .prepare('UPDATE entry SET value = replace(value, ?, ?) WHERE instr(value, ?) > 0')
      .run(inJson(`${from}/`), inJson(`${to}/`), inJson(`${from}/`));
  });
}

/**
 * The values of a state whose keys begin so, read without bringing the file to this Turnout's
 * version; for who only looks. Throws SQLite's own error.
 */
export function readStateValues(file: string, prefix: string): readonly JsonValue[] {
  const database = new DatabaseSync(file, { timeout: BUSY_LIMIT_MS, readOnly: true });
  try {
    const rows = database
      .prepare('SELECT value FROM entry WHERE substr(key, 1, ?) = ? AND value IS NOT NULL')
      .all(prefix.length, prefix);
    return rows.map((row) => JSON.parse(String(row['value'])) as JsonValue);
  } finally {
    database.close();
  }
}

/** What SQLite finds wrong with a database, in its words; empty when it is sound. */
export function findDatabaseDamage(file: string): readonly string[] {
  try {
    const database = new DatabaseSync(file, { timeout: BUSY_LIMIT_MS, readOnly: true });
    try {
      const rows = database.prepare('PRAGMA quick_check(5)').all();
      return rows.map((row) => String(Object.values(row)[0])).filter((text) => text !== 'ok');
    } finally {
      database.close();
    }
  } catch (error) {
    return [(error as Error).message];
  }
}

function changeCopy(file: string, change: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(file);
  try {
    // The log that a power cut would need lies in memory: a copy that is cut off is thrown away.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
    change(database);
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}
