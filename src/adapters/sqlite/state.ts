import type { JsonValue } from '../../lib/json.ts';
import { checkStateKey, stateValueText } from '../../ports/state/limits.ts';
import type {
  CompareAndSetResult,
  Lease,
  State,
  StateChange,
  StateEntry,
  Watch,
} from '../../ports/state/port.ts';
import { deliver, type FeedStep } from './feed.ts';
import { SqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';
import type { PresentRow, StateReads, StateWrites } from './state-operations.ts';

type Store = SqliteStore<StateReads & StateWrites>;

/**
 * State in one SQLite file that all processes of a machine share; no daemon. A change is on the
 * disk when its call resolves, and reaches watchers in other processes a few milliseconds later (20
 * at most where the system watches no files). SQLite runs in a thread of its own.
 *
 * Rejects with TurnoutError `state-corrupt`, `state-newer` (written by a newer Turnout),
 * `state-foreign` (not ours), `disk-full` or `state-unavailable`.
 */
export async function openSqliteState(options: SqliteStoreOptions): Promise<State> {
  return new SqliteState(await SqliteStore.open('state', options));
}

class SqliteState implements State {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async get(key: string): Promise<StateEntry | null> {
    checkStateKey(key);
    return entryOf(await this.#store.thread.call('get', { key }));
  }

  async put(key: string, value: JsonValue): Promise<number> {
    checkStateKey(key);
    const text = stateValueText(key, value);
    return this.#store.thread.call('put', { key, value: text, nowMs: this.#store.nowMs() });
  }

  async compareAndSet(
    key: string,
    value: JsonValue,
    expectedRevision: number,
  ): Promise<CompareAndSetResult> {
    checkStateKey(key);
    const text = stateValueText(key, value);
    const nowMs = this.#store.nowMs();
    const argument = { key, value: text, expectedRevision, nowMs };
    const result = await this.#store.thread.call('compareAndSet', argument);
    if (result.kind === 'written') return result;
    return { kind: 'conflict', current: entryOf(result.current) };
  }

  async delete(key: string, expectedRevision?: number): Promise<boolean> {
    checkStateKey(key);
    const nowMs = this.#store.nowMs();
    const argument = { key, expectedRevision: expectedRevision ?? null, nowMs };
    return this.#store.thread.call('delete', argument);
  }

  async list(prefix: string): Promise<readonly StateEntry[]> {
    const rows = await this.#store.thread.call('list', { prefix });
    return rows.map(parseRow);
  }

  async lease(name: string, holder: string, ttlMs: number): Promise<Lease | null> {
    checkStateKey(name);
    const store = this.#store;
    const { thread } = store;
    const fence = await thread.call('takeLease', { name, holder, ttlMs, nowMs: store.nowMs() });
    if (fence === null) return null;
    return {
      name,
      holder,
      fence,
      renew: (ttlMs) => thread.call('renewLease', { name, fence, ttlMs, nowMs: store.nowMs() }),
      release: () => thread.call('releaseLease', { name, fence }),
    };
  }

  watch(prefix: string, listener: (change: StateChange) => void): Promise<Watch> {
    const view = new WatchedView(this.#store, prefix, listener);
    return this.#store.follow(0, (cursor, isClosed) => view.step(cursor, isClosed));
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/**
 * What one watcher has been told, so that it is told of a delete only when it knows the key, and of
 * every such one.
 */
class WatchedView {
  readonly #store: Store;
  readonly #prefix: string;
  readonly #listener: (change: StateChange) => void;
  readonly #known = new Map<string, number>();

  constructor(store: Store, prefix: string, listener: (change: StateChange) => void) {
    this.#store = store;
    this.#prefix = prefix;
    this.#listener = listener;
  }

  async step(after: number, isClosed: () => boolean): Promise<FeedStep> {
    const page = await this.#store.thread.call('changes', { prefix: this.#prefix, after });
    if (page.kind === 'compacted') return this.#startAfresh(isClosed);
    for (const row of page.rows) {
      if (isClosed()) break;
      if (row.value !== null) this.#tellPut({ ...row, value: row.value });
      else this.#tellDelete(row.key, row.revision);
    }
    return { cursor: page.cursor, more: page.more };
  }

  /**
   * The record of deletes no longer reaches back to where this watcher stood, so they are found by
   * what is missing.
   */
  async #startAfresh(isClosed: () => boolean): Promise<FeedStep> {
    const { rows, cursor } = await this.#store.thread.call('snapshot', { prefix: this.#prefix });
    const present = new Set(rows.map((row) => row.key));
    for (const key of this.#known.keys()) {
      if (!isClosed() && !present.has(key)) this.#tellDelete(key, cursor);
    }
    for (const row of rows.toSorted((a, b) => a.revision - b.revision)) {
      if (!isClosed() && this.#known.get(row.key) !== row.revision) this.#tellPut(row);
    }
    return { cursor, more: false };
  }

  #tellPut(row: PresentRow): void {
    this.#known.set(row.key, row.revision);
    deliver(this.#listener, { kind: 'put', ...parseRow(row) });
  }

  #tellDelete(key: string, revision: number): void {
    if (this.#known.delete(key)) deliver(this.#listener, { kind: 'delete', key, revision });
  }
}

function entryOf(row: PresentRow | null): StateEntry | null {
  return row && parseRow(row);
}

function parseRow({ key, value, revision }: PresentRow): StateEntry {
  return { key, value: JSON.parse(value) as JsonValue, revision };
}
