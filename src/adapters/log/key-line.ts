import type { QueueEntry } from './queue-entry.ts';
import { isBefore } from './queue-entry.ts';

/**
 * The writes of one key in their order. Nearly all arrive at the end and leave at the front; those
 * that leave elsewhere keep their place until the front reaches it.
 */
export class KeyLine<Entry extends QueueEntry> {
  #entries: (Entry | null)[] = [];
  #front = 0;
  #size = 0;
  /** The one write of the key that is being replayed. While there is one, no other is. */
  claimed: Entry | null = null;

  get size(): number {
    return this.#size;
  }

  get head(): Entry | undefined {
    return this.#entries[this.#front] ?? undefined;
  }

  add(entry: Entry): void {
    let at = this.#entries.length;
    while (at > this.#front) {
      const other = this.#entries[at - 1];
      if (other !== null && other !== undefined && isBefore(other, entry)) break;
      at -= 1;
    }
    if (at === this.#entries.length) this.#entries.push(entry);
    else this.#entries.splice(at, 0, entry);
    this.#size += 1;
  }

  /** False when the entry is not in the line. */
  remove(entry: Entry): boolean {
    const at = this.#entries.indexOf(entry, this.#front);
    if (at === -1) return false;
    this.#entries[at] = null;
    this.#size -= 1;
    while (this.#front < this.#entries.length && this.#entries[this.#front] === null) {
      this.#front += 1;
    }
    if (this.#front > 32 && this.#front * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#front);
      this.#front = 0;
    }
    return true;
  }

  *[Symbol.iterator](): Iterator<Entry> {
    for (let at = this.#front; at < this.#entries.length; at += 1) {
      const entry = this.#entries[at];
      if (entry !== null && entry !== undefined) yield entry;
    }
  }
}
