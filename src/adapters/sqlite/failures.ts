import { statfsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { TurnoutError } from '../../lib/errors.ts';
import type { StoreCode, StoreKind } from './store-codes.ts';

/** An expected failure as plain data, since an Error loses its fields between threads. */
export interface Failure {
  readonly code: StoreCode;
  readonly message: string;
  readonly remedy: string;
}

/** The failure as the error that callers see. */
export function errorFromFailure(failure: Failure): TurnoutError {
  return new TurnoutError(failure.code, failure.message, failure.remedy);
}

/** Thrown within a thread to end an operation with an expected failure. */
export class FailureError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/**
 * Result codes of https://www.sqlite.org/rescode.html; the lower byte of an extended code is its
 * primary one.
 */
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_PROTOCOL = 15;
const SQLITE_NOTADB = 26;

/** Whether another connection holds the lock that was wanted, so that trying again will do. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  // PROTOCOL: others were too quick for a reader to find its place in the log.
  return code === SQLITE_BUSY || code === SQLITE_PROTOCOL;
}

/**
 * Says what an error of SQLite or of the file system means to the people of a site; null when it is
 * not of those.
 */
export function explainFailure(error: unknown, kind: StoreKind, file: string): Failure | null {
  if (error instanceof FailureError) return error.failure;
  const systemCode = (error as NodeJS.ErrnoException).code;
  switch (primaryCode(error)) {
    case SQLITE_FULL:
      return diskFull(kind, file);
    case SQLITE_IOERR:
      return noSpaceLeft(file) ? diskFull(kind, file) : unreachable(error, kind, file);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return corrupt(error, kind, file);
    case SQLITE_BUSY:
    case SQLITE_PROTOCOL:
      return lockHeld(kind, file);
    case SQLITE_CANTOPEN:
      return noSpaceLeft(file) ? diskFull(kind, file) : unreachable(error, kind, file);
    case SQLITE_READONLY:
      return unreachable(error, kind, file);
    default:
      if (systemCode === 'ENOSPC' || systemCode === 'EDQUOT') return diskFull(kind, file);
      return systemCode === undefined ? null : unreachable(error, kind, file);
  }
}

/**
 * The lock was not to be had in time: a process that holds it was stopped, or the disk is very
 * slow.
 */
function lockHeld(kind: StoreKind, file: string): Failure {
  return {
    code: `${kind}-unavailable`,
    message: `Another process has kept the lock of ${file} for too long; nothing was written.`,
    remedy: `Try again. If it goes on, see which process holds it (\`fuser ${file}\`) and whether it is stopped.`,
  };
}

/** The file that the thread has open is no longer the one of that name. */
export function fileLost(kind: StoreKind, file: string): Failure {
  return {
    code: `${kind}-unavailable`,
    message: `${file} was removed or replaced while it was in use.`,
    remedy:
      'Stop the site (`turnout down`) before touching its state folder; then start it again (`turnout up`).',
  };
}

function diskFull(kind: StoreKind, file: string): Failure {
  return {
    code: 'disk-full',
    message: `No space is left for the ${kind} in ${dirname(file)}; nothing was written.`,
    remedy: 'Free some space on that file system; no restart is needed.',
  };
}

function corrupt(error: unknown, kind: StoreKind, file: string): Failure {
  return {
    code: `${kind}-corrupt`,
    message: `${file} is damaged: ${messageOf(error)}.`,
    remedy:
      `Stop the site, put a backup of ${basename(file)} in its place, or move the file and its -wal away ` +
      `to start with an empty ${kind}.`,
  };
}

function unreachable(error: unknown, kind: StoreKind, file: string): Failure {
  return {
    code: `${kind}-unavailable`,
    message: `${file} cannot be used: ${messageOf(error)}.`,
    remedy:
      'See that its folder exists, belongs to the user who runs Turnout, and can be written to.',
  };
}

function noSpaceLeft(file: string): boolean {
  try {
    return statfsSync(dirname(file)).bavail === 0;
  } catch {
    return false;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The primary SQLite result code that `node:sqlite` puts on its errors; null for any other error.
 */
function primaryCode(error: unknown): number | null {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : null;
}
