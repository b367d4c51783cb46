/**
 * How long the answers of one feature take when nobody waits, and how much longer is tolerated.
 * Told window by window what they took; holds per worker.
 */
export class FeatureLatency {
  deadlineMs: number;
  #baselineMs: number | null = null;
  #toleratedMs: number;
  #sumMs = 0;
  #count = 0;
  #leastMs = Infinity;
  #isNews = false;
  /** Windows without waiting that it was learnt from. */
  #quiet = 0;

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

  /**
   * The window is over; whether there may be waiting in what was told. Says how many times as slow
   * it is found to be; 1 where it is no slower, or nothing was told.
   */
  step(holds: 'no-waiting' | 'waiting' | 'it-is-slower'): number {
    this.#isNews = this.#count > 0;
    if (!this.#isNews) return 1;
    const meanMs = this.#sumMs / this.#count;
    const before = this.#baselineMs;
    let now = before ?? this.#leastMs;
    if (before !== null && meanMs < before) now += FALL * (meanMs - before);
    else if (holds === 'it-is-slower') now = meanMs;
    else if (before !== null && holds === 'no-waiting' && meanMs <= this.#toleratedMs) {
      // The first few are averaged, since the very first was but the least of a few.
      this.#quiet++;
      now += Math.max(RISE, 1 / (1 + this.#quiet)) * (meanMs - before);
    }
    this.#learn(now);
    this.#sumMs = 0;
    this.#count = 0;
    this.#leastMs = Infinity;
    return before === null ? 1 : now / Math.max(before, 0.001);
  }

  /** Others of its service are found to be so many times as slow; taken over if it told nothing. */
  isSlower(times: number): void {
    if (!this.#isNews && this.#baselineMs !== null) this.#learn(this.#baselineMs * times);
  }

  /** Goes halfway to the mean of its own and what other workers found. */
  agree(others: readonly number[]): void {
    const own = this.#baselineMs;
    if (own === null || others.length === 0) return;
    const mean = others.reduce((sum, ms) => sum + ms, own) / (others.length + 1);
    this.#learn((own + mean) / 2);
  }

  #learn(baselineMs: number): void {
    this.#baselineMs = baselineMs;
    this.#toleratedMs = tolerated(baselineMs, this.deadlineMs);
  }
}

/** Whoever gives up says that it was too long, whatever we would have thought. */
const IMPATIENCE = 2.5;
const FALL = 0.5;
/** Slowly: what creeps up may be a queue. */
const RISE = 0.02;
/** Of the deadline, that may be spent on waiting: 20 ms of 500 in WeChat's DAGOR (Zhou 2018). */
const WAITING_SHARE = 0.04;
/** A long deadline is no reason to let people wait where that gains nothing. */
const MOST_WAITING_MS = 200;

/**
 * Twice as long, or a share of the deadline, so that bursts before a quick service are not taken
 * for overload; but never more than halfway to the deadline, beyond which answers are of no use.
 */
function tolerated(baselineMs: number, deadlineMs: number): number {
  const ms = Math.max(
    2 * baselineMs,
    baselineMs + Math.min(MOST_WAITING_MS, WAITING_SHARE * deadlineMs),
  );
  return Math.max(1, Math.min(ms, Math.max(baselineMs, (baselineMs + deadlineMs) / 2)));
}
