import type { JsonValue } from '../../lib/json.ts';
import { journalDataText, journalRangeLimit } from '../../ports/journal/limits.ts';
import type {
  Journal,
  JournalEntry,
  JournalQuery,
  JournalRetention,
  NewJournalEntry,
  TrimReport,
} from '../../ports/journal/port.ts';
import type { Watch } from '../../ports/state/port.ts';
import { deliver, type FeedStep } from './feed.ts';
import { TRIM_STEP_ENTRIES } from './journal-operations.ts';
import type { JournalReads, JournalRow, JournalWrites } from './journal-operations.ts';
import { SqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';

type Store = SqliteStore<JournalReads & JournalWrites>;

/** How many entries a tail reads at once. */
const TAIL_ENTRIES = 256;

/**
 * The journal in one SQLite file that all processes of a machine share; no daemon. An entry is on
 * the disk when `append` resolves, and reaches tails in other processes about 20 ms later. SQLite
 * runs in a thread of its own.
 *
 * Rejects with TurnoutError `journal-corrupt`, `journal-newer` (written by a newer Turnout),
 * `journal-foreign` (not ours), `disk-full` or `journal-unavailable`.
 */
export async function openSqliteJournal(options: SqliteStoreOptions): Promise<Journal> {
  return new SqliteJournal(await SqliteStore.open('journal', options));
}

class SqliteJournal implements Journal {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async append(entry: NewJournalEntry): Promise<JournalEntry> {
    const row = {
      atMs: this.#store.nowMs(),
      kind: entry.kind,
      subject: entry.subject,
      who: entry.who,
      why: entry.why ?? null,
      data: journalDataText(entry),
    };
    const position = await this.#store.thread.call('append', row);
    return parseRow({ position, ...row });
  }

  async range(query: JournalQuery): Promise<readonly JournalEntry[]> {
    const rows = await this.#store.thread.call('range', {
      after: query.after ?? 0,
      before: query.before ?? null,
      limit: journalRangeLimit(query),
      kind: query.kind ?? null,
      subject: query.subject ?? null,
      newest: query.newest ?? false,
    });
    return rows.map(parseRow);
  }

  tail(after: number, listener: (entry: JournalEntry) => void): Promise<Watch> {
    return this.#store.follow(after, (cursor, isClosed) => this.#step(cursor, listener, isClosed));
  }

  async #step(
    after: number,
    listener: (entry: JournalEntry) => void,
    isClosed: () => boolean,
  ): Promise<FeedStep> {
    const rows = await this.#store.thread.call('range', {
      after,
      before: null,
      limit: TAIL_ENTRIES,
      kind: null,
      subject: null,
      newest: false,
    });
    for (const row of rows) {
      if (isClosed()) break;
      deliver(listener, parseRow(row));
    }
    return { cursor: rows.at(-1)?.position ?? after, more: rows.length === TAIL_ENTRIES };
  }

  last(): Promise<number> {
    return this.#store.thread.call('last', null);
  }

  async trim(retention: JournalRetention): Promise<TrimReport> {
    const { keepEntries, keepBytes, keepMs } = retention;
    const bounds = {
      keepEntries: keepEntries ?? null,
      keepBytes: keepBytes ?? null,
      olderThanMs: keepMs === undefined ? null : this.#store.nowMs() - keepMs,
    };
    let removed = 0;
    for (;;) {
      const step = await this.#store.thread.call('trim', bounds);
      removed += step.removed;
      if (step.removed < TRIM_STEP_ENTRIES) return { removed, oldest: step.oldest };
    }
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

function parseRow(row: JournalRow): JournalEntry {
  return { ...row, data: JSON.parse(row.data) as JsonValue };
}
