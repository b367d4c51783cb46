import { Heap } from '../../lib/heap.ts';
import type { QueueEntry } from './queue-entry.ts';
import { isBefore } from './queue-entry.ts';
import { KeyLine } from './key-line.ts';

/**
 * How far the queue has been filled: every write stamped before it, in this boot or an earlier one,
 * is in.
 */
export interface Horizon {
  readonly boot: number;
  readonly stampNs: number;
}

/**
 * All writes that are not settled, each in the line of its feature and key. Pure: time comes in
 * with each call, and what is decided here is put on disk by the caller.
 *
 * A line's head alone may be claimed. Lines whose head can be claimed stand in a heap for each
 * feature, ordered by the head's age; lines whose head is delayed stand in one ordered by when it
 * is over. Entries of the heaps may be out of date: they are checked against the line when they
 * come up.
 */
export class WriteQueue<Entry extends QueueEntry> {
  readonly #lines = new Map<string, KeyLine<Entry>>();
  readonly #ready = new Map<string, Heap<Entry>>();
  readonly #delayed = new Heap<{ readonly notBeforeMs: number; readonly entry: Entry }>(
    (a, b) => a.notBeforeMs < b.notBeforeMs,
  );
  readonly #claimed = new Set<Entry>();
  readonly #dead = new Set<Entry>();
  readonly #byId = new Map<string, Entry>();
  #depth = 0;
  #nextExpiryMs = Number.POSITIVE_INFINITY;
  #wokenMs = Number.NEGATIVE_INFINITY;

  /** Writes not settled, without dead letters. */
  get depth(): number {
    return this.#depth;
  }

  get claimed(): number {
    return this.#claimed.size;
  }

  get deadLetters(): ReadonlySet<Entry> {
    return this.#dead;
  }

  get lines(): Iterable<KeyLine<Entry>> {
    return this.#lines.values();
  }

  /** The entry with this id; when several carry it, the one that is replayed for all of them. */
  withId(id: string): Entry | undefined {
    return this.#byId.get(id);
  }

  backlog(feature: string, key: string): number {
    return this.#lines.get(lineName(feature, key))?.size ?? 0;
  }

  add(entry: Entry): void {
    const name = lineName(entry.feature, entry.key);
    let line = this.#lines.get(name);
    if (line === undefined) {
      line = new KeyLine();
      this.#lines.set(name, line);
    }
    line.add(entry);
    this.#depth += 1;
    this.#nextExpiryMs = Math.min(this.#nextExpiryMs, entry.expiresAtMs);
    const known = this.#byId.get(entry.id);
    if (known === undefined || (known.attempts === 0 && isBefore(entry, known))) {
      this.#byId.set(entry.id, entry);
    }
    if (line.head === entry) this.#offerHead(line);
  }

  /** Takes the entry out for good. */
  settle(entry: Entry): void {
    entry.state = { kind: 'gone' };
    this.#dead.delete(entry);
    if (this.#byId.get(entry.id) === entry) this.#byId.delete(entry.id);
    this.#leave(entry);
  }

  /** Sets the entry aside; its line goes on. */
  bury(entry: Entry, reason: string, atMs: number): void {
    entry.state = { kind: 'dead', reason, atMs };
    this.#dead.add(entry);
    this.#leave(entry);
  }

  claim(entry: Entry, claim: string, untilMs: number): void {
    entry.attempts += 1;
    entry.claim = claim;
    entry.state = { kind: 'claimed', untilMs };
    this.#claimed.add(entry);
    const line = this.#line(entry);
    if (line !== undefined) line.claimed = entry;
  }

  delay(entry: Entry, notBeforeMs: number): void {
    entry.state = { kind: 'delayed', notBeforeMs };
    this.#delayed.push({ notBeforeMs, entry });
    entry.claim = null;
    this.#unclaim(entry);
  }

  /** The entry whose newest claim this is. */
  claimedBy(claim: string, id: string): Entry | undefined {
    const entry = this.#byId.get(id);
    return entry?.claim === claim ? entry : undefined;
  }

  /** Voids every claim: their holder is gone. */
  releaseClaims(): void {
    for (const entry of this.#claimed) {
      entry.claim = null;
      entry.state = { kind: 'waiting' };
      this.#unclaim(entry);
    }
  }

  /** Claims and delays that are over make their lines ready again. */
  wake(nowMs: number): void {
    if (nowMs < this.#wokenMs) this.#setBack(this.#wokenMs - nowMs);
    this.#wokenMs = nowMs;
    for (const entry of this.#claimed) {
      if (entry.state.kind !== 'claimed' || entry.state.untilMs > nowMs) continue;
      entry.state = { kind: 'waiting' };
      this.#unclaim(entry);
    }
    for (;;) {
      const next = this.#delayed.peek();
      if (next === undefined || next.notBeforeMs > nowMs) return;
      this.#delayed.pop();
      const { entry } = next;
      if (entry.state.kind !== 'delayed' || entry.state.notBeforeMs !== next.notBeforeMs) continue;
      entry.state = { kind: 'waiting' };
      const line = this.#line(entry);
      if (line !== undefined) this.#offerHead(line);
    }
  }

  /** The wall clock was: what was to wait for a second must not wait for as long as that. */
  #setBack(byMs: number): void {
    for (const entry of this.#claimed) {
      if (entry.state.kind !== 'claimed') continue;
      entry.state = { kind: 'claimed', untilMs: entry.state.untilMs - byMs };
    }
    const delayed: Entry[] = [];
    for (let next = this.#delayed.pop(); next !== undefined; next = this.#delayed.pop()) {
      const { state } = next.entry;
      if (state.kind === 'delayed' && state.notBeforeMs === next.notBeforeMs) {
        delayed.push(next.entry);
      }
    }
    for (const entry of new Set(delayed)) {
      if (entry.state.kind !== 'delayed') continue;
      const notBeforeMs = entry.state.notBeforeMs - byMs;
      entry.state = { kind: 'delayed', notBeforeMs };
      this.#delayed.push({ notBeforeMs, entry });
    }
  }

  /**
   * Entries that have expired and are not being replayed just now, wherever they stand in their
   * lines.
   */
  expired(nowMs: number): readonly Entry[] {
    if (nowMs < this.#nextExpiryMs) return [];
    const found: Entry[] = [];
    this.#nextExpiryMs = Number.POSITIVE_INFINITY;
    for (const line of this.#lines.values()) {
      for (const entry of line) {
        if (entry.expiresAtMs > nowMs) {
          this.#nextExpiryMs = Math.min(this.#nextExpiryMs, entry.expiresAtMs);
        } else if (entry.state.kind !== 'claimed') found.push(entry);
      }
    }
    return found;
  }

  /**
   * The oldest heads that may be claimed now, at most `limit`. Heads stamped at or after the
   * horizon must wait until the queue has been filled further: an older write of their key might
   * still be unread.
   */
  heads(features: readonly string[] | null, limit: number, horizon: Horizon): readonly Entry[] {
    const heaps = [...(features ?? this.#ready.keys())].flatMap(
      (name) => this.#ready.get(name) ?? [],
    );
    const heads = new Set<Entry>();
    while (heads.size < limit) {
      let oldest: Heap<Entry> | null = null;
      for (const heap of heaps) {
        this.#dropStale(heap);
        const head = heap.peek();
        if (head === undefined || !isWithin(head, horizon)) continue;
        const other = oldest?.peek();
        if (other === undefined || isBefore(head, other)) oldest = heap;
      }
      const head = oldest?.pop();
      if (head === undefined) break;
      heads.add(head);
    }
    return [...heads];
  }

  /** Offers again what `heads` returned and the caller did not take. */
  putBack(entry: Entry): void {
    const line = this.#line(entry);
    if (line !== undefined) this.#offerHead(line);
  }

  #dropStale(heap: Heap<Entry>): void {
    for (let head = heap.peek(); head !== undefined; head = heap.peek()) {
      if (isClaimable(this.#line(head), head)) return;
      heap.pop();
    }
  }

  #line(entry: Entry): KeyLine<Entry> | undefined {
    return this.#lines.get(lineName(entry.feature, entry.key));
  }

  #leave(entry: Entry): void {
    entry.claim = null;
    const line = this.#line(entry);
    if (line === undefined || !line.remove(entry)) return;
    this.#depth -= 1;
    this.#unclaim(entry);
    if (line.size === 0) this.#lines.delete(lineName(entry.feature, entry.key));
    else this.#offerHead(line);
  }

  #unclaim(entry: Entry): void {
    this.#claimed.delete(entry);
    if (entry.state.kind !== 'gone' && entry.state.kind !== 'dead') {
      this.#nextExpiryMs = Math.min(this.#nextExpiryMs, entry.expiresAtMs);
    }
    const line = this.#line(entry);
    if (line === undefined || line.claimed !== entry) return;
    line.claimed = null;
    this.#offerHead(line);
  }

  #offerHead(line: KeyLine<Entry>): void {
    const { head } = line;
    if (head === undefined || !isClaimable(line, head)) return;
    let heap = this.#ready.get(head.feature);
    if (heap === undefined) {
      heap = new Heap<Entry>(isBefore);
      this.#ready.set(head.feature, heap);
    }
    heap.push(head);
  }
}

function isClaimable<Entry extends QueueEntry>(
  line: KeyLine<Entry> | undefined,
  entry: Entry,
): boolean {
  return line?.head === entry && line.claimed === null && entry.state.kind === 'waiting';
}

function isWithin(entry: QueueEntry, horizon: Horizon): boolean {
  return entry.boot < horizon.boot || entry.stampNs < horizon.stampNs;
}

function lineName(feature: string, key: string): string {
  return `${feature}\n${key}`;
}
