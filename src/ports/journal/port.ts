import type { JsonValue } from '../../lib/json.ts';
import type { Watch } from '../state/port.ts';

/**
 * The ordered record of what happened, who did it and why. Entries are never changed. Positions
 * start at 1 and leave no gap, except that old entries may be trimmed. An entry is at most 256 KiB.
 * Each operation rejects with a TurnoutError `journal-unavailable` when the record cannot be
 * reached in time.
 */
export interface Journal {
  /** Appends and returns the entry with its position once it is on disk. */
  append(entry: NewJournalEntry): Promise<JournalEntry>;
  /**
   * Entries with `after < position <= before`, oldest first, at most `limit` (default 1,000, at
   * most 10,000).
   */
  range(query: JournalQuery): Promise<readonly JournalEntry[]>;
  /**
   * Calls `listener` with every entry after position `after`, present and future, in order, none
   * missed.
   */
  tail(after: number, listener: (entry: JournalEntry) => void): Promise<Watch>;
  /**
   * Position of the newest entry ever appended, 0 when there was none; trimming does not change it.
   */
  last(): Promise<number>;
  /** Removes the oldest entries beyond any of the given bounds. Positions are never used again. */
  trim(retention: JournalRetention): Promise<TrimReport>;
  close(): Promise<void>;
}

export interface NewJournalEntry {
  /** Dotted, past tense: `instance.started`, `release.reverted`. */
  readonly kind: string;
  /** What it is about: `donations`, `donations/7f3a`, `site`. */
  readonly subject: string;
  /** Who: `controller`, `cli:ada`, `worker-1`. */
  readonly who: string;
  readonly why?: string;
  readonly data?: JsonValue;
}

export interface JournalEntry {
  readonly position: number;
  /** Milliseconds since the epoch by the writer's clock. */
  readonly atMs: number;
  readonly kind: string;
  readonly subject: string;
  readonly who: string;
  readonly why: string | null;
  readonly data: JsonValue;
}

export interface JournalQuery {
  readonly after?: number;
  readonly before?: number;
  readonly limit?: number;
  /** Only kinds that equal this or start with it and a dot. */
  readonly kind?: string;
  readonly subject?: string;
  /**
   * The newest `limit` entries of the range in place of the oldest (still returned oldest first).
   */
  readonly newest?: boolean;
}

/** What to keep; a bound that is left out does not bound. */
export interface JournalRetention {
  readonly keepEntries?: number;
  /** Texts and data of the entries kept, without the store's own overhead. */
  readonly keepBytes?: number;
  /** Age by the writers' clocks. */
  readonly keepMs?: number;
}

export interface TrimReport {
  readonly removed: number;
  /** Position of the oldest entry kept, 0 when none is. */
  readonly oldest: number;
}
