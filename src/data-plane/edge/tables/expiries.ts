import { Heap } from '../../../lib/heap.ts';
import type { Clock, Timer } from '../../../ports/clock/port.ts';

interface Expiry {
  readonly atMs: number;
  /** Whether it still means something: what it is about may have been replaced since. */
  isDue(): boolean;
  expire(): unknown;
}

/** Clocks are set and machines sleep: so long at most it is believed that none was. */
const LOOK_MS = 1_000;
/** Expiries that mean nothing any more are swept out when they are more than this and the rest. */
const SWEEP_ENTRIES = 1_000;

/**
 * What shall happen at moments of the wall clock, each at its own: only the next is waited for, so
 * a hundred thousand cost nothing between two.
 */
export class Expiries {
  readonly #clock: Pick<Clock, 'nowMs' | 'after'>;
  #heap = newHeap();
  #live = 0;
  #timer: Timer | null = null;
  #waitsForMs = Infinity;

  constructor(clock: Pick<Clock, 'nowMs' | 'after'>) {
    this.#clock = clock;
  }

  add(expiry: Expiry): void {
    this.#heap.push(expiry);
    if (this.#heap.size > 2 * this.#live + SWEEP_ENTRIES) this.#sweep();
    if (expiry.atMs < this.#waitsForMs) this.#wait();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#heap = newHeap();
  }

  #sweep(): void {
    const kept = newHeap();
    for (let next = this.#heap.pop(); next !== undefined; next = this.#heap.pop()) {
      if (next.isDue()) kept.push(next);
    }
    this.#heap = kept;
    this.#live = kept.size;
  }

  #wait(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const next = this.#heap.peek();
    this.#waitsForMs = next?.atMs ?? Infinity;
    if (next === undefined) return;
    const delayMs = Math.min(LOOK_MS, Math.max(1, next.atMs - this.#clock.nowMs()));
    this.#timer = this.#clock.after(delayMs, () => this.#fire());
  }

  #fire(): void {
    const nowMs = this.#clock.nowMs();
    for (let next = this.#heap.peek(); next !== undefined; next = this.#heap.peek()) {
      if (next.atMs > nowMs) break;
      this.#heap.pop();
      if (next.isDue()) next.expire();
    }
    this.#wait();
  }
}

function newHeap(): Heap<Expiry> {
  return new Heap<Expiry>((a, b) => a.atMs < b.atMs);
}
