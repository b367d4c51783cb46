import { tableStateKey } from '../../contract/table-names.ts';
import { type LiveTableEntry, TABLES_PREFIX } from '../../contract/tables.ts';
import type { State, StateEntry, Watch } from '../../ports/state/port.ts';

export interface LiveEntry {
  readonly entry: LiveTableEntry;
  readonly revision: number;
}

/** The live entries of all tables as state has them, followed: others may write there too. */
export class LiveEntries {
  readonly #state: State;
  readonly #byKey = new Map<string, LiveEntry>();
  #watching: Promise<Watch> | null = null;
  #sorted: readonly string[] | null = null;
  readonly #othersWrote: (entry: LiveTableEntry) => void;

  /** `othersWrote` is told of each entry that comes from somebody else, from now on. */
  constructor(state: State, othersWrote: (entry: LiveTableEntry) => void) {
    this.#state = state;
    this.#othersWrote = othersWrote;
  }

  /** Resolves once it knows all there are; rejects, to be asked again, while state is away. */
  async follow(): Promise<void> {
    this.#watching ??= this.#begin().catch((error: unknown) => {
      this.#watching = null;
      throw error;
    });
    await this.#watching;
  }

  async close(): Promise<void> {
    const watching = this.#watching;
    this.#watching = null;
    (await watching?.catch(() => null))?.close();
  }

  async #begin(): Promise<Watch> {
    let isNew = false;
    const watch = await this.#state.watch(TABLES_PREFIX, (change) => {
      if (change.kind === 'put') {
        const isKnown = (this.#byKey.get(change.key)?.revision ?? 0) >= change.revision;
        this.#learn(change.key, change);
        if (isNew && !isKnown) this.#othersWrote(change.value as LiveTableEntry);
      } else if ((this.#byKey.get(change.key)?.revision ?? 0) < change.revision) {
        this.#forget(change.key);
      }
    });
    isNew = true;
    return watch;
  }

  get size(): number {
    return this.#byKey.size;
  }

  values(): Iterable<LiveEntry> {
    return this.#byKey.values();
  }

  find(table: string, key: string): LiveEntry | null {
    return this.#byKey.get(tableStateKey(table, key)) ?? null;
  }

  /** Those of a table in the order of their names in state, after one of them. */
  *after(table: string, key: string | null): Generator<LiveEntry> {
    this.#sorted ??= [...this.#byKey.keys()].sort();
    const prefix = `${TABLES_PREFIX}${table}/`;
    const from = key === null ? prefix : tableStateKey(table, key);
    for (let at = firstAfter(this.#sorted, from); at < this.#sorted.length; at++) {
      const name = this.#sorted[at] ?? '';
      const found = this.#byKey.get(name);
      if (!name.startsWith(prefix)) return;
      if (found !== undefined) yield found;
    }
  }

  /** Writes over the revision that is known; null where another was there before. */
  async put(entry: LiveTableEntry): Promise<LiveEntry | null> {
    const key = tableStateKey(entry.table, entry.key);
    const expected = this.#byKey.get(key)?.revision ?? 0;
    const result = await this.#state.compareAndSet(key, entry, expected);
    if (result.kind === 'written') return this.#learn(key, { value: entry, ...result });
    if (result.current === null) this.#forget(key);
    else this.#learn(key, result.current);
    return null;
  }

  /** False where it is another by now. */
  async delete({ entry, revision }: LiveEntry): Promise<boolean> {
    const key = tableStateKey(entry.table, entry.key);
    const isGone = await this.#state.delete(key, revision);
    if (isGone && this.#byKey.get(key)?.revision === revision) this.#forget(key);
    return isGone;
  }

  #learn(key: string, { value, revision }: Pick<StateEntry, 'value' | 'revision'>): LiveEntry {
    const known = this.#byKey.get(key);
    if (known !== undefined && known.revision >= revision) return known;
    if (known === undefined) this.#sorted = null;
    const live = { entry: value as LiveTableEntry, revision };
    this.#byKey.set(key, live);
    return live;
  }

  #forget(key: string): void {
    this.#byKey.delete(key);
    this.#sorted = null;
  }
}

function firstAfter(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}
