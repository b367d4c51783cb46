import type { Rank } from './tier-room.ts';

/**
 * Whether this worker itself has more to do than it can: how late its event loop comes to what is
 * ready. Every request waits that long before anybody looks at it, so it is the worker's own queue
 * delay. What counts is the least of the last samples: a queue that stands, and not a burst, a
 * collection of garbage or a machine that slept (CoDel: Nichols and Jacobson 2012).
 */
export class LoopLag {
  /** By rank, the share of requests to turn away. */
  readonly refused: [number, number, number] = [0, 0, 0];
  readonly #lags = new Float64Array(SAMPLES);
  readonly #everyMs: number;
  #at = 0;
  #lastMs: number | null = null;
  #standingMs = 0;

  /** `everyMs`: how often `sample` is to be called by a timer. */
  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  get standingMs(): number {
    return this.#standingMs;
  }

  sample(nowMs: number): void {
    const lastMs = this.#lastMs ?? nowMs - this.#everyMs;
    this.#lastMs = nowMs;
    this.#lags[this.#at] = Math.max(0, nowMs - lastMs - this.#everyMs);
    this.#at = (this.#at + 1) % SAMPLES;
    this.#standingMs = Math.min(...this.#lags);
    for (const rank of [0, 1, 2] as const) {
      this.refused[rank] = refusedShare(this.#standingMs, rank);
    }
  }
}

const SAMPLES = 8;
/**
 * From where on some of a tier are turned away; at three times that, where the next begins, all.
 */
const beginMs = [450, 150, 50] as const;
/** Some of core always get their chance. */
const mostRefused = [0.9, 1, 1] as const;

function refusedShare(lagMs: number, rank: Rank): number {
  const from = beginMs[rank];
  return Math.min(mostRefused[rank], Math.max(0, (lagMs - from) / (2 * from)));
}
