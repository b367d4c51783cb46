import type { Clock } from '../../../ports/clock/port.ts';

/** How long an address whose answer could not be kept is asked for by each alone. */
const REMEMBERED_MS = 60_000;
const MOST_ADDRESSES = 10_000;
/** After so many answers in a row that could not be kept, none of a feature is waited for. */
const STREAK = 16;

/**
 * What is not likely to be kept, so that nobody waits in vain for somebody else's answer: requests
 * for what cannot be shared must never go one after the other.
 */
export class Reluctance {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** Addresses and until when, oldest first. */
  readonly #addresses = new Map<string, number>();
  /** Answers in a row that could not be kept, by feature. */
  readonly #streaks = new Map<string, number>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  isLikely(feature: string, address: string): boolean {
    if ((this.#streaks.get(feature) ?? 0) >= STREAK) return false;
    const untilMs = this.#addresses.get(address);
    return untilMs === undefined || untilMs <= this.#clock.monotonicMs();
  }

  learn(feature: string, address: string, wasKept: boolean): void {
    this.#addresses.delete(address);
    this.#streaks.set(feature, wasKept ? 0 : (this.#streaks.get(feature) ?? 0) + 1);
    if (wasKept) return;
    this.#addresses.set(address, this.#clock.monotonicMs() + REMEMBERED_MS);
    if (this.#addresses.size <= MOST_ADDRESSES) return;
    const [oldest] = this.#addresses.keys();
    if (oldest !== undefined) this.#addresses.delete(oldest);
  }
}
