import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TableDefinition, TableEntry } from '../../derive/edge/edge-configuration.ts';
import { firstEntries, keyOf } from '../../derive/edge/table-entries.ts';
import { AddressTrie } from '../../lib/address-trie.ts';
import { parseNetwork } from '../../lib/address.ts';
import type { ShownEntry } from './table-changes.ts';

const PAUSE_ENTRIES = 5_000;

/** What one table has from the start, for whoever changes it to know what lies below. */
export class FirstTable {
  readonly kind: TableDefinition['kind'];
  /** Those of edge.yaml, by their keys. */
  readonly #written = new Map<string, TableEntry>();
  readonly #networks = new AddressTrie();
  readonly #words = new Map<string, string | null>();
  #size = 0;

  private constructor(kind: TableDefinition['kind']) {
    this.kind = kind;
  }

  /** Reads a long file in pauses: the controller has other things to do. */
  static async read(definition: TableDefinition, text: string | null): Promise<FirstTable> {
    const table = new FirstTable(definition.kind);
    const { entries } = definition;
    for (const entry of entries) {
      const [read] = firstEntries({ kind: table.kind, entries: [entry] }, null, ignore);
      if (read !== undefined) table.#written.set(keyOf(read), entry);
    }
    for (const entry of firstEntries({ kind: table.kind, entries: [] }, text, ignore)) {
      if (entry.network === null) table.#words.set(keyOf(entry), entry.value);
      else table.#networks.add(entry.network);
      if (++table.#size % PAUSE_ENTRIES === 0) await nextTurn();
    }
    return table;
  }

  /** Of edge.yaml and of the file. */
  get size(): number {
    return this.#written.size + this.#size;
  }

  /** What is there under a key, apart from what has expired. */
  find(key: string, nowMs: number): ShownEntry | null {
    const written = this.#written.get(key);
    if (written !== undefined && (written.expiresMs === null || written.expiresMs > nowMs)) {
      return shownWritten(key, written);
    }
    if (this.kind === 'cidr') {
      const parsed = parseNetwork(key);
      const isThere = parsed.kind === 'network' && this.#networks.has(parsed.network);
      return isThere ? shownOfFile(key, null) : null;
    }
    return this.#words.has(key) ? shownOfFile(key, this.#words.get(key) ?? null) : null;
  }

  /** Those of edge.yaml that count; a file's are too many to show. */
  written(nowMs: number): readonly ShownEntry[] {
    return [...this.#written]
      .filter(([, { expiresMs }]) => expiresMs === null || expiresMs > nowMs)
      .map(([key, entry]) => shownWritten(key, entry));
  }
}

function ignore(): void {}

function shownWritten(key: string, entry: TableEntry): ShownEntry {
  const { value, author, why, expiresMs } = entry;
  return {
    ...shownOfFile(key, value),
    author,
    why,
    expires: expiresMs === null ? null : new Date(expiresMs).toISOString(),
    from: 'edge.yaml',
  };
}

function shownOfFile(key: string, value: string | null): ShownEntry {
  const rest = { author: null, why: null, since: null, expires: null };
  return { key, value, ...rest, from: 'file', isRemoved: false, revision: 0 };
}
