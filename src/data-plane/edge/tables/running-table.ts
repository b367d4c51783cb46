import type { LiveTableEntry } from '../../../contract/tables.ts';
import type { TableDefinition } from '../../../derive/edge/edge-configuration.ts';
import { firstEntries, keyOf } from '../../../derive/edge/table-entries.ts';
import { AddressList } from '../../../lib/edge-language.ts';
import { type Address, parseAddress } from '../../../lib/address.ts';
import { type Contents, NetworkContents, WordContents } from './contents.ts';

/** What a live entry covers, so that it comes back when that one goes. */
interface Overlay {
  readonly entry: LiveTableEntry;
  first: string | null;
}

export interface TableOptions {
  readonly kind: TableDefinition['kind'];
  /** Told of each entry from the start that stops to count, when, and what counts then. */
  expires(atMs: number, key: string, next: string | null): void;
  /** What is no address in a list of addresses. */
  refused(key: string): void;
}

/** One table as it is now: what it has from the start, and over it what was changed since. */
export class RunningTable {
  readonly kind: TableDefinition['kind'];
  readonly view: AddressList | ReadonlyMap<string, string>;
  readonly #options: TableOptions;
  readonly #overlays = new Map<string, Overlay>();
  #contents: Contents;

  constructor(options: TableOptions) {
    this.kind = options.kind;
    this.#options = options;
    if (options.kind === 'cidr') {
      this.#contents = new NetworkContents();
      this.view = new NetworkView(() => this.#contents as NetworkContents);
    } else {
      const contents = new WordContents();
      this.#contents = contents;
      this.view = contents.words;
    }
  }

  /** What it holds, of a `cidr` table. */
  get networks(): NetworkContents | null {
    return this.#contents instanceof NetworkContents ? this.#contents : null;
  }

  /**
   * Reads what the table has from the start, pausing at each yield; what it held before is in force
   * until all is read. `nowMs` is asked again and again: what expires meanwhile is left out.
   */
  *fill(
    definition: Pick<TableDefinition, 'kind' | 'entries'>,
    text: string | null,
    nowMs: () => number,
  ): Generator<void> {
    // A map is its own view, so it is filled in place; whoever fills one does not pause.
    const contents = this.kind === 'cidr' ? new NetworkContents() : this.#contents;
    const timed = new Map<string, { readonly atMs: number; next: string | null }>();
    let count = 0;
    for (const entry of firstEntries(definition, text, this.#options.refused)) {
      if (++count % PAUSE_ENTRIES === 0) yield;
      if (entry.expiresMs !== null && entry.expiresMs <= nowMs()) continue;
      contents.addFirst(entry);
      if (entry.expiresMs === null && timed.size === 0) continue;
      // The first of one key counts; when it expires, the next does.
      const key = keyOf(entry);
      const before = timed.get(key);
      if (before !== undefined) before.next ??= entry.value ?? '';
      else if (entry.expiresMs !== null) timed.set(key, { atMs: entry.expiresMs, next: null });
    }
    this.#contents = contents;
    for (const [key, overlay] of this.#overlays) {
      overlay.first = contents.held(key);
      this.#write(key, overlay.entry);
    }
    for (const [key, { atMs, next }] of timed) this.#options.expires(atMs, key, next);
  }

  apply(entry: LiveTableEntry): void {
    const { key } = entry;
    const before = this.#overlays.get(key);
    const first = before === undefined ? this.#contents.held(key) : before.first;
    this.#overlays.set(key, { entry, first });
    this.#write(key, entry);
  }

  /** A live entry is gone: what was there from the start counts again. */
  withdraw(key: string): void {
    const overlay = this.#overlays.get(key);
    if (overlay === undefined) return;
    this.#overlays.delete(key);
    if (overlay.first === null) this.#contents.remove(key);
    else this.#contents.put(key, overlay.first);
  }

  /** An entry from the start has expired, and `next` counts in its place. */
  expireFirst(key: string, next: string | null): void {
    const overlay = this.#overlays.get(key);
    if (overlay !== undefined) overlay.first = next;
    else if (next === null) this.#contents.remove(key);
    else this.#contents.put(key, next);
  }

  #write(key: string, { isRemoved, value }: LiveTableEntry): void {
    if (isRemoved) this.#contents.remove(key);
    else this.#contents.put(key, value ?? '');
  }
}

/** Half a millisecond or so. */
const PAUSE_ENTRIES = 2_000;

/** Several lists are asked about the client of one request. */
const lastRead: { text: string; address: Address | null } = { text: '', address: null };

function readOnce(text: string): Address | null {
  if (lastRead.text !== text) {
    lastRead.text = text;
    lastRead.address = parseAddress(text);
  }
  return lastRead.address;
}

class NetworkView extends AddressList {
  readonly #contents: () => NetworkContents;

  constructor(contents: () => NetworkContents) {
    super();
    this.#contents = contents;
  }

  holds(text: string): boolean {
    const { trie } = this.#contents();
    if (trie.size === 0) return false;
    const address = readOnce(text);
    return address !== null && trie.holds(address);
  }
}
