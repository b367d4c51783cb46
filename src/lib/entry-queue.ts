/** What a queue needs in its entries; an entry is in one queue at a time. */
export interface QueuedEntry {
  readonly costBytes: number;
  older: QueuedEntry | null;
  newer: QueuedEntry | null;
}

/**
 * First in, first out, and out of the middle at no cost: a doubly linked list through the entries
 * themselves.
 */
export class EntryQueue<Entry extends QueuedEntry> {
  #oldest: Entry | null = null;
  #newest: Entry | null = null;
  #bytes = 0;

  get oldest(): Entry | null {
    return this.#oldest;
  }

  /** What its entries cost together. */
  get bytes(): number {
    return this.#bytes;
  }

  add(entry: Entry): void {
    entry.older = this.#newest;
    entry.newer = null;
    if (this.#newest) this.#newest.newer = entry;
    else this.#oldest = entry;
    this.#newest = entry;
    this.#bytes += entry.costBytes;
  }

  /** Only for an entry that is in this queue. */
  remove(entry: Entry): void {
    if (entry.older) entry.older.newer = entry.newer;
    else this.#oldest = entry.newer as Entry | null;
    if (entry.newer) entry.newer.older = entry.older;
    else this.#newest = entry.older as Entry | null;
    entry.older = null;
    entry.newer = null;
    this.#bytes -= entry.costBytes;
  }
}
