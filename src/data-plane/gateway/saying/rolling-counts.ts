/** How long is looked back, in seconds; the one under way is among them. */
export const WINDOW_S = 10;

/**
 * Counts of the last seconds: a ring of fixed slots, one a second, in which adding costs two writes
 * and nothing is ever allocated. A fixed window and no moving average, which misbehaves where there
 * is little to count.
 */
export class RollingCounts {
  readonly #kinds: number;
  readonly #slots: Uint32Array;
  #second: number;
  /** When something was last counted. */
  #lastSecond = Number.NEGATIVE_INFINITY;

  constructor(kinds: number, nowMs: number) {
    this.#kinds = kinds;
    this.#slots = new Uint32Array(kinds * WINDOW_S);
    this.#second = Math.floor(nowMs / 1_000);
  }

  /** `nowMs` is of a clock that only grows. */
  add(kind: number, nowMs: number): void {
    const at = this.#slotAt(nowMs) + kind;
    this.#slots[at] = (this.#slots[at] ?? 0) + 1;
    this.#lastSecond = this.#second;
  }

  /** Nothing was counted in the last `seconds`; known at once, as most features are quiet. */
  isQuiet(nowMs: number, seconds = WINDOW_S): boolean {
    return Math.floor(nowMs / 1_000) - this.#lastSecond >= seconds;
  }

  /** How many of `kind` there were in the last `seconds`. */
  sum(kind: number, nowMs: number, seconds = WINDOW_S): number {
    if (this.isQuiet(nowMs, seconds)) return 0;
    this.#slotAt(nowMs);
    let sum = 0;
    for (let back = 0; back < seconds; back++) {
      const slot = (((this.#second - back) % WINDOW_S) + WINDOW_S) % WINDOW_S;
      sum += this.#slots[slot * this.#kinds + kind] ?? 0;
    }
    return sum;
  }

  /** Where the slot of this second begins; seconds that have passed meanwhile are empty. */
  #slotAt(nowMs: number): number {
    const second = Math.floor(nowMs / 1_000);
    if (second > this.#second) {
      const first = Math.max(this.#second + 1, second - WINDOW_S + 1);
      for (let each = first; each <= second; each++) {
        const slot = (each % WINDOW_S) * this.#kinds;
        this.#slots.fill(0, slot, slot + this.#kinds);
      }
      this.#second = second;
    }
    return (this.#second % WINDOW_S) * this.#kinds;
  }
}
