/** What a call came to, as a breaker counts it. */
export type CallOutcome = 'ok' | 'failed' | 'slow';

/** Slices of the window: what is old leaves it a tenth at a time. */
const BUCKETS = 10;

/**
 * Calls of the last `windowMs`, in a fixed number of buckets: counting costs two additions, memory
 * never grows, and a share of few calls is a share of few calls, which a moving average hides. Time
 * is passed in, and one that goes back is taken as the latest that was said.
 */
export class OutcomeWindow {
  total = 0;
  failed = 0;
  slow = 0;
  readonly #bucketMs: number;
  readonly #totals = new Uint32Array(BUCKETS);
  readonly #failed = new Uint32Array(BUCKETS);
  readonly #slow = new Uint32Array(BUCKETS);
  /** The newest bucket, counted since the beginning of time. */
  #newest = 0;

  constructor(windowMs: number) {
    this.#bucketMs = windowMs / BUCKETS;
  }

  record(nowMs: number, outcome: CallOutcome): void {
    this.forget(nowMs);
    const at = this.#newest % BUCKETS;
    this.total++;
    this.#add(this.#totals, at);
    if (outcome === 'failed') {
      this.failed++;
      this.#add(this.#failed, at);
    } else if (outcome === 'slow') {
      this.slow++;
      this.#add(this.#slow, at);
    }
  }

  /** Leaves out what is too old by now. */
  forget(nowMs: number): void {
    const wanted = Math.floor(nowMs / this.#bucketMs);
    if (wanted <= this.#newest) return;
    if (wanted - this.#newest >= BUCKETS) {
      this.clear();
      this.#newest = wanted;
      return;
    }
    while (this.#newest < wanted) {
      this.#newest++;
      const at = this.#newest % BUCKETS;
      this.total -= this.#totals[at] ?? 0;
      this.failed -= this.#failed[at] ?? 0;
      this.slow -= this.#slow[at] ?? 0;
      this.#totals[at] = 0;
      this.#failed[at] = 0;
      this.#slow[at] = 0;
    }
  }

  clear(): void {
    this.total = 0;
    this.failed = 0;
    this.slow = 0;
    this.#totals.fill(0);
    this.#failed.fill(0);
    this.#slow.fill(0);
  }

  #add(counts: Uint32Array, at: number): void {
    counts[at] = (counts[at] ?? 0) + 1;
  }
}
