/**
 * How long the answers of one feature take when nobody waits, and how much longer is tolerated. Told
 * window by window what they took; holds per worker.
 */
export class FeatureLatency {
  deadlineMs: number;
  #baselineMs: number | null = null;
  #toleratedMs: number;
  #sumMs = 0;
  #count = 0;
  #leastMs = Infinity;

  constructor(deadlineMs: number) {
    this.deadlineMs = deadlineMs;
    this.#toleratedMs = deadlineMs / 2;
  }

  /** Null before the first answers. */
  get baselineMs(): number | null {
    return this.#baselineMs;
  }

  get toleratedMs(): number {
    return this.#toleratedMs;
  }

  /** Says what part that is of what is tolerated. */
  took(ms: number): number {
    this.#sumMs += ms;
    this.#count++;
    if (ms < this.#leastMs) this.#leastMs = ms;
    return ms / this.#toleratedMs;
  }

  /** Says the same of what was given up after that time, by the deadline or by the client. */
  gaveUp(ms: number): number {
    return Math.max(IMPATIENCE, ms / this.#toleratedMs);
  }

  /** Whether a client that has given up by then has waited, and not just gone away. */
  isTooLong(ms: number): boolean {
    return this.#baselineMs !== null && ms > 2 * this.#baselineMs;
  }

  /** The window is over; whether there may be waiting in what was told. */
  step(holds: 'no-waiting' | 'waiting' | 'it-is-slower'): void {
    if (this.#count === 0) return;
    const meanMs = this.#sumMs / this.#count;
    const before = this.#baselineMs;
    if (before === null) this.#baselineMs = this.#leastMs;
    else if (meanMs < before) this.#baselineMs = before + FALL * (meanMs - before);
    else if (holds === 'it-is-slower') this.#baselineMs = meanMs;
    else if (holds === 'no-waiting') this.#baselineMs = before + RISE * (meanMs - before);
    this.#toleratedMs = tolerated(this.#baselineMs ?? meanMs, this.deadlineMs);
    this.#sumMs = 0;
    this.#count = 0;
    this.#leastMs = Infinity;
  }
}

/** Whoever gives up says that it was too long, whatever we would have thought. */
const IMPATIENCE = 2.5;
const FALL = 0.5;
/** Slowly: what creeps up may be a queue. */
const RISE = 0.02;
/** Of the deadline, that may be spent on waiting: 20 ms of 500 in WeChat's DAGOR (Zhou 2018). */
const WAITING_SHARE = 0.04;

/**
 * Twice as long, or a share of the deadline, so that bursts before a quick service are not taken
 * for overload; but never more than halfway to the deadline, beyond which answers are of no use.
 */
function tolerated(baselineMs: number, deadlineMs: number): number {
  const ms = Math.max(2 * baselineMs, baselineMs + WAITING_SHARE * deadlineMs);
  return Math.max(1, Math.min(ms, Math.max(baselineMs, (baselineMs + deadlineMs) / 2)));
}
