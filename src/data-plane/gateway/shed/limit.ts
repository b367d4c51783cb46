/**
 * How many requests a service is given at a time, found from how long its answers take. A law of
 * feedback as in Netflix's Gradient2 (concurrency-limits, 2018), `L' = smooth(L * gradient +
 * sqrt(L))`, changed where that one errs:
 *
 * - It is told ratios: what an answer took, by what is tolerated of its own feature
 *   (`feature-latency.ts`). A change of the mix of fast and slow features is no overload.
 * - What is tolerated does not follow the latencies of an overload, as a long average does; whether
 *   the service itself has become slower is found by a probe, as BBR (Cardwell 2016) finds the
 *   shortest way: for a moment a quarter is let in, and only a queue gets shorter by that.
 * - It begins at the most there may be and comes down on evidence, so that a worker that has just
 *   started turns nobody away; and it goes down to one, because twenty at a time are a queue of
 *   seconds before a service that takes one.
 *
 * Pure: time comes in, and nothing else does. Holds per worker.
 */
export class ConcurrencyLimit {
  #value = Infinity;
  #most = Infinity;
  #samples = 0;
  #ratios = 0;
  #largest = 0;
  #peak = 0;
  #hasRefused = false;
  /** In the window before this one. */
  #hasRefusedBefore = false;
  #beganMs: number;
  #probe: Probe = { kind: 'none', limitedSinceMs: null, slot: 0 };
  #probeEveryMs = PROBE_EVERY_MS;
  #windowsOver = 0;
  #gaveUpMs = -Infinity;
  /** What was in flight when it began to come down; null while it has not. */
  #fellFrom: number | null = null;

  constructor(nowMs: number) {
    this.#beganMs = nowMs;
  }

  /** Requests that may be in flight now; at least 1 and whole. */
  get room(): number {
    if (this.#probe.kind === 'none') return this.limit;
    return Math.max(1, Math.floor(this.#value * PROBE_SHARE));
  }

  /** The same but for probes. */
  get limit(): number {
    return Math.floor(this.#value);
  }

  /** What all instances together may be given: the hard bound. */
  bound(most: number): void {
    if (most === this.#most) return;
    if (this.#value >= this.#most) this.#value = most;
    // Each instance goes on with what it has shown that it can take. Where nobody was turned away
    // it has shown nothing: one that is lost must not cost answers that the others could give.
    else if (this.#hasRefused || this.#hasRefusedBefore) this.#value *= most / this.#most;
    this.#most = most;
    this.#value = Math.max(1, Math.min(this.#value, most));
  }

  /** Goes halfway to the mean of its own and the limits of other workers. */
  agree(others: readonly number[]): void {
    if (others.length === 0 || this.#value === Infinity) return;
    const mean = others.reduce((sum, limit) => sum + limit, this.#value) / (others.length + 1);
    this.#value = Math.max(1, Math.min(this.#most, (this.#value + mean) / 2));
  }

  /** So many are in flight now that one more has begun. */
  begun(inFlight: number): void {
    if (inFlight > this.#peak) this.#peak = inFlight;
  }

  refused(): void {
    this.#hasRefused = true;
  }

  /**
   * Whether an answer to what was begun then tells anything: within a probe, only what it let in.
   */
  wants(beganMs: number): boolean {
    return this.#probe.kind !== 'measuring' || beganMs >= this.#beganMs;
  }

  /** An answer took `ratio` of what is tolerated. */
  took(ratio: number): void {
    const counted = Math.min(ratio, MAX_RATIO);
    this.#samples++;
    this.#ratios += counted;
    if (counted > this.#largest) this.#largest = counted;
  }

  /** The same of what was given up after that; the service may be at work on it still. */
  gaveUp(ratio: number, nowMs: number): void {
    this.#gaveUpMs = nowMs;
    this.took(ratio);
  }

  /**
   * Looks at what came since it last did, once that is enough; called a few times a second. Null
   * while it is too little. `epochMs` is the time by which all workers probe at the same moment:
   * one that probed alone would see the queue of the others.
   */
  step(nowMs: number, epochMs: number, inFlight: number): Verdict | null {
    const ageMs = nowMs - this.#beganMs;
    if (this.#probe.kind === 'draining') {
      if (inFlight > this.room && ageMs < MAX_PROBE_MS) return null;
      this.#probe = { ...this.#probe, kind: 'measuring' };
      this.#clear(nowMs, inFlight);
      return null;
    }
    if (this.#samples < (ageMs < SLOW_WINDOW_MS ? MIN_SAMPLES : MIN_SLOW_SAMPLES)) {
      if (ageMs > (this.#probe.kind === 'measuring' ? MAX_PROBE_MS : MAX_WINDOW_MS)) {
        this.#endProbe(nowMs, epochMs);
        this.#clear(nowMs, inFlight);
      }
      return null;
    }
    // Without the largest: one answer that took for ever says nothing of the others.
    const ratio = (this.#ratios - this.#largest) / (this.#samples - 1);
    const verdict =
      this.#probe.kind === 'measuring'
        ? this.#judgeProbe(this.#probe.ratio, ratio, nowMs, epochMs)
        : this.#adapt(ratio, nowMs, epochMs);
    this.#clear(nowMs, inFlight);
    return verdict;
  }

  #adapt(ratio: number, nowMs: number, epochMs: number): Verdict {
    const peak = this.#peak;
    const isQuiet = !this.#hasRefused && peak <= this.#value / 2;
    const gradient = Math.min(MAX_GRADIENT, Math.max(MIN_GRADIENT, 1 / ratio));
    // One window may be a burst; a queue that stands is there in the next one too.
    this.#windowsOver = gradient < 1 ? this.#windowsOver + 1 : 0;
    if (this.#windowsOver > 1) {
      // What was never used says nothing; a little more than that may have been a lull.
      const isFar = gradient === MIN_GRADIENT;
      const from = Math.min(this.#value, Math.max(MIN_FALL, isFar ? peak : 2 * peak));
      this.#fellFrom ??= from;
      this.#value = from + (isFar ? 1 : FALL) * from * (gradient - 1);
    } else if (gradient >= 1 && (this.#hasRefused || peak >= this.#value / 2)) {
      // The same for all workers of a service, so that those that have less catch up with the
      // others.
      this.#value += RISE * this.#value * (gradient - 1) + STEP * Math.sqrt(this.#value);
    }
    this.#value = Math.max(1, Math.min(this.#value, this.#most));
    this.#probeInTime(ratio, nowMs, epochMs);
    return isQuiet ? 'quiet' : 'busy';
  }

  #probeInTime(ratio: number, nowMs: number, epochMs: number): void {
    const probe = this.#probe;
    if (probe.kind !== 'none') return;
    if (!this.#hasRefused || this.#value >= this.#most) {
      this.#probe = { ...probe, limitedSinceMs: null };
      if (ratio <= 1) this.#fellFrom = null;
      return;
    }
    const slot = Math.floor(epochMs / this.#probeEveryMs);
    const sinceMs = probe.limitedSinceMs ?? nowMs;
    const isDue = slot !== probe.slot && nowMs - sinceMs >= PROBE_AFTER_MS;
    if (isDue) this.#probe = { kind: 'draining', ratio, beganMs: nowMs };
    else this.#probe = { kind: 'none', limitedSinceMs: sinceMs, slot: probe.slot };
  }

  #judgeProbe(before: number, ratio: number, nowMs: number, epochMs: number): Verdict {
    this.#endProbe(nowMs, epochMs);
    // The queue of what was given up is not shorter for letting in less.
    const isClouded = nowMs - this.#gaveUpMs < CLOUDED_MS;
    if (isClouded || ratio <= before * INHERENT) return 'probed';
    // Then there was no reason to come down.
    this.#value = Math.min(this.#most, Math.max(this.#value, this.#fellFrom ?? 1));
    this.#fellFrom = null;
    return 'inherent';
  }

  #endProbe(nowMs: number, epochMs: number): void {
    if (this.#probe.kind === 'none') return;
    const tookMs = nowMs - this.#probe.beganMs;
    this.#probeEveryMs = PROBE_EVERY_MS;
    while (this.#probeEveryMs < tookMs * PROBE_PAUSE) this.#probeEveryMs *= 2;
    const slot = Math.floor(epochMs / this.#probeEveryMs);
    this.#probe = { kind: 'none', limitedSinceMs: null, slot };
  }

  #clear(nowMs: number, inFlight: number): void {
    this.#samples = 0;
    this.#ratios = 0;
    this.#largest = 0;
    this.#peak = inFlight;
    this.#hasRefusedBefore = this.#hasRefused;
    this.#hasRefused = false;
    this.#beganMs = nowMs;
  }
}

/** What a window of answers tells about how long they take. */
export type Verdict =
  /** Far below the limit: they are what the service takes when nobody waits. */
  | 'quiet'
  /** Near the limit: there may be waiting in them. */
  | 'busy'
  /** With a quarter in flight they were quicker: what is more than that is waiting. */
  | 'probed'
  /** With a quarter in flight they were no quicker: the service itself is slow now. */
  | 'inherent';

type Probe =
  | { readonly kind: 'none'; readonly limitedSinceMs: number | null; readonly slot: number }
  | {
      readonly kind: 'draining' | 'measuring';
      /** What it was with all that is let in. */
      readonly ratio: number;
      readonly beganMs: number;
    };

const MIN_SAMPLES = 8;
/** Where answers are that slow, or that rare, fewer are enough. */
const SLOW_WINDOW_MS = 2_000;
const MIN_SLOW_SAMPLES = 3;
const MAX_WINDOW_MS = 10_000;
const MAX_RATIO = 4;
/** From fewer it falls step by step: a few at a time are hardly ever each other's queue. */
const MIN_FALL = 4;
const MIN_GRADIENT = 0.5;
const MAX_GRADIENT = 2;
/** Of the way to where it should be, in each window: down faster than up. */
const FALL = 0.5;
const RISE = 0.2;
const STEP = 0.5;
/** Doubled until probes take a small part of the time, as those of a slow service would not. */
const PROBE_EVERY_MS = 5_000;
const PROBE_PAUSE = 25;
const PROBE_AFTER_MS = 2_000;
const PROBE_SHARE = 0.25;
const MAX_PROBE_MS = 3_000;
const INHERENT = 0.8;
const CLOUDED_MS = 10_000;
