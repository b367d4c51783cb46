import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { FailureError, type Failure } from './failures.ts';
import type { StoreKind } from './store-codes.ts';
import { retryWhileBusy } from './retry-while-busy.ts';

/**
 * One thread's two connections to its file; only SQLite's write lock stands between one thread's
 * writes and another's.
 */
export interface Connections {
  readonly reader: DatabaseSync;
  readonly writer: DatabaseSync;
  close(): void;
}

export interface FileFormat {
  readonly kind: StoreKind;
  /**
   * Written into the file's header, so that a file of another program, or of another kind, is
   * refused.
   */
  readonly applicationId: number;
  /**
   * `migrations[n]` takes a file from version n to n + 1; the file's version is `PRAGMA
   * user_version`.
   */
  readonly migrations: readonly string[];
}

/**
 * After a checkpoint the log is cut back to this, so that one burst does not keep its space for
 * ever.
 */
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Opens the file, made if need be with mode 0600 in a folder with mode 0700, and brings it to the
 * newest version. Throws FailureError `state-newer` or `state-foreign` (`journal-…`), or SQLite's
 * own error. SQLite itself never waits for a lock here (its busy timeout is zero): it would wait
 * inside the thread, and reads behind it.
 */
export async function openConnections(
  file: string,
  format: FileFormat,
  timeoutMs: number,
): Promise<Connections> {
  createPrivately(file);
  const writer = new DatabaseSync(file, { timeout: 0 });
  try {
    await retryWhileBusy(() => prepare(writer, file, format), timeoutMs);
    const reader = new DatabaseSync(file, { timeout: 0 });
    reader.exec('PRAGMA query_only = ON');
    return {
      reader,
      writer,
      close() {
        reader.close();
        writer.close();
      },
    };
  } catch (error) {
    writer.close();
    throw error;
  }
}

/**
 * SQLite would make the file readable by all, and its log and index take their modes from it. An
 * existing file is never opened here: closing it again would drop, by POSIX, every lock that this
 * process holds on it.
 */
function createPrivately(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (statSync(file).mode & 0o077) chmodSync(file, 0o600);
  }
}

function prepare(writer: DatabaseSync, file: string, format: FileFormat): void {
  const newest = format.migrations.length;
  const version = checkedVersion(writer, file, format);
  const mode = writer.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
  if (mode !== 'wal') throw new FailureError(unfit(format.kind, file));
  // FULL: an acknowledged change is on the disk. See docs/decisions/0004-embedded-state.md.
  writer.exec(`PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${LOG_LIMIT_BYTES}`);
  if (version === newest) return;
  writer.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have migrated it between the first look and the lock.
    for (const migration of format.migrations.slice(checkedVersion(writer, file, format))) {
      writer.exec(migration);
    }
    writer.exec(
      `PRAGMA application_id = ${format.applicationId}; PRAGMA user_version = ${newest}; COMMIT`,
    );
  } catch (error) {
    if (writer.isTransaction) writer.exec('ROLLBACK');
    throw error;
  }
}

function checkedVersion(writer: DatabaseSync, file: string, format: FileFormat): number {
  const { applicationId, version, isNew } = readHeader(writer);
  if (!isNew && applicationId !== format.applicationId) {
    throw new FailureError(foreign(format.kind, file));
  }
  if (version > format.migrations.length) {
    throw new FailureError(newer(format, file, version));
  }
  return version;
}

interface Header {
  readonly applicationId: number;
  readonly version: number;
  readonly isNew: boolean;
}

/**
 * What the file says it is, all read at one instant: another process may be making it, and half of
 * an empty file beside half of a made one is a file of another program.
 */
export function readHeader(database: DatabaseSync): Header {
  if (!database.isTransaction) return withinOneRead(database, readHeader);
  const applicationId = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  const isNew = applicationId === 0 && version === 0 && !hasTables(database);
  return { applicationId, version, isNew };
}

function withinOneRead<Result>(
  database: DatabaseSync,
  read: (database: DatabaseSync) => Result,
): Result {
  database.exec('BEGIN');
  try {
    return read(database);
  } finally {
    // Some failures have rolled back already, and it is they that must be heard of.
    if (database.isTransaction) database.exec('ROLLBACK');
  }
}

function hasTables(writer: DatabaseSync): boolean {
  return writer.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

function foreign(kind: StoreKind, file: string): Failure {
  return {
    code: `${kind}-foreign`,
    message: `${file} is an SQLite file, but not a ${kind} of Turnout.`,
    remedy: 'Give Turnout a folder of its own, or move that file away.',
  };
}

function unfit(kind: StoreKind, file: string): Failure {
  return {
    code: `${kind}-unavailable`,
    message: `The file system of ${file} cannot share it between processes (no write-ahead log).`,
    remedy: 'Put the state folder on a local disk; network file systems will not do.',
  };
}

function newer(format: FileFormat, file: string, version: number): Failure {
  return {
    code: `${format.kind}-newer`,
    message:
      `${file} was written by a newer Turnout (format ${version}; this one knows up to ` +
      `${format.migrations.length}).`,
    remedy: 'Run the newer Turnout again, or start with another state folder.',
  };
}
