import { EntryQueue, type QueuedEntry } from './entry-queue.ts';

interface Entry<Value> extends QueuedEntry {
  readonly key: string;
  readonly value: Value;
  isOnProbation: boolean;
  /** Uses since it was written or last spared, counted up to MOST_USES. */
  uses: number;
}

/** The share of memory in which new entries wait to be asked for a second time. */
const PROBATION_SHARE = 0.1;

const MOST_USES = 3;

/**
 * A map bounded by what its entries cost, which a scan cannot empty: S3-FIFO (Yang et al., SOSP
 * 2023). New entries wait in a small first-in-first-out queue and move to the main one when they
 * are used; keys that fell out of the small one are remembered and go straight to the main one when
 * they come back.
 */
export class ScanResistantMap<Value> {
  readonly #limitBytes: number;
  readonly #onEvicted: (key: string, value: Value) => void;
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #probation = new EntryQueue<Entry<Value>>();
  readonly #main = new EntryQueue<Entry<Value>>();
  /** Keys that fell out of probation, oldest first; at most as many as there are entries. */
  readonly #remembered = new Set<string>();
  /**
   * Kept from one look to the next: a new iterator would have to pass all that was deleted before.
   */
  #oldestRemembered = this.#remembered.values();

  /** `onEvicted` is told of what had to make room, and of nothing else. */
  constructor(limitBytes: number, onEvicted: (key: string, value: Value) => void = () => {}) {
    this.#limitBytes = limitBytes;
    this.#onEvicted = onEvicted;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#probation.bytes + this.#main.bytes;
  }

  /** The value, which counts as used. */
  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.uses < MOST_USES) entry.uses += 1;
    return entry.value;
  }

  /** In place of any other under that key; false when it costs more than the whole map may. */
  set(key: string, value: Value, costBytes: number): boolean {
    const old = this.#entries.get(key);
    if (old !== undefined) this.#remove(old);
    if (costBytes > this.#limitBytes) return false;
    while (this.bytes + costBytes > this.#limitBytes) this.#evictOne();
    const isOnProbation = !this.#remembered.delete(key) && (old?.isOnProbation ?? true);
    const links = { older: null, newer: null };
    const entry: Entry<Value> = { key, value, costBytes, isOnProbation, uses: 0, ...links };
    this.#entries.set(key, entry);
    this.#queueOf(entry).add(entry);
    return true;
  }

  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#remove(entry);
    return entry !== undefined;
  }

  clear(): void {
    for (const entry of this.#entries.values()) this.#remove(entry);
    this.#remembered.clear();
  }

  #evictOne(): void {
    const probationLimitBytes = this.#limitBytes * PROBATION_SHARE;
    if (this.#probation.bytes > probationLimitBytes || this.#main.bytes === 0) {
      this.#evictFromProbation();
    } else this.#evictFromMain();
  }

  #evictFromProbation(): void {
    for (let entry = this.#probation.oldest; entry; entry = this.#probation.oldest) {
      if (entry.uses === 0) {
        this.#evict(entry);
        this.#remember(entry.key);
        return;
      }
      this.#probation.remove(entry);
      entry.uses = 0;
      entry.isOnProbation = false;
      this.#main.add(entry);
    }
  }

  /** Spares the used ones, each for as many rounds as it was used. */
  #evictFromMain(): void {
    for (let entry = this.#main.oldest; entry; entry = this.#main.oldest) {
      if (entry.uses === 0) {
        this.#evict(entry);
        return;
      }
      entry.uses -= 1;
      this.#main.remove(entry);
      this.#main.add(entry);
    }
  }

  #remember(key: string): void {
    this.#remembered.add(key);
    while (this.#remembered.size > this.#entries.size) {
      const oldest = this.#oldestRemembered.next();
      if (oldest.done) this.#oldestRemembered = this.#remembered.values();
      else this.#remembered.delete(oldest.value);
    }
  }

  #evict(entry: Entry<Value>): void {
    this.#remove(entry);
    this.#onEvicted(entry.key, entry.value);
  }

  #remove(entry: Entry<Value>): void {
    this.#entries.delete(entry.key);
    this.#queueOf(entry).remove(entry);
  }

  #queueOf(entry: Entry<Value>): EntryQueue<Entry<Value>> {
    return entry.isOnProbation ? this.#probation : this.#main;
  }
}
