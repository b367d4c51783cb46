interface Tally {
  /** The window that `now` counts in, by its number. */
  window: number;
  now: number;
  before: number;
  /** It was over the limit, and has not been well below since. */
  isOver: boolean;
}

/**
 * How often each client did something within a sliding window, estimated from two windows that do
 * not slide, and never kept for more clients than `most`: then the one that was quiet longest makes
 * room.
 */
export class ClientCounts {
  readonly #limit: number;
  readonly #withinMs: number;
  readonly #most: number;
  readonly #tallies = new Map<string | number, Tally>();

  constructor(options: {
    readonly limit: number;
    readonly withinMs: number;
    readonly most: number;
  }) {
    this.#limit = options.limit;
    this.#withinMs = options.withinMs;
    this.#most = options.most;
  }

  get size(): number {
    return this.#tallies.size;
  }

  /** Counts one; gives the count when it goes over the limit, once, else null. */
  add(client: string | number, nowMs: number): number | null {
    const window = Math.floor(nowMs / this.#withinMs);
    let tally = this.#tallies.get(client);
    if (tally === undefined || tally.window !== window) {
      tally = this.#roll(client, tally, window);
    }
    tally.now++;
    const passed = (nowMs - window * this.#withinMs) / this.#withinMs;
    const count = tally.now + tally.before * (1 - passed);
    if (count <= this.#limit) {
      tally.isOver &&= count > this.#limit / 2;
      return null;
    }
    if (tally.isOver) return null;
    tally.isOver = true;
    return Math.round(count);
  }

  /** Whoever is heard of in a new window goes to the end, so that the quiet are at the front. */
  #roll(client: string | number, old: Tally | undefined, window: number): Tally {
    const isNext = old?.window === window - 1;
    const before = isNext ? old.now : 0;
    const tally = { window, now: 0, before, isOver: isNext && old.isOver };
    this.#tallies.delete(client);
    if (this.#tallies.size >= this.#most) {
      for (const quiet of this.#tallies.keys()) {
        this.#tallies.delete(quiet);
        break;
      }
    }
    this.#tallies.set(client, tally);
    return tally;
  }
}
