import type { ServiceHealth } from '../contract/service-health.ts';

/**
 * What this process finds of its needs, for `Service-Health`. A need is called down by whoever
 * failed to use it, and up again by whoever succeeded. What nobody goes on to find down is
 * forgotten after a while: a need that is not used any more is not known to be lost.
 */
export class NeedReports {
  readonly #down = new Map<string, number>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** `forMs` is how long that is worth something without being said again. */
  down(need: string, forMs: number = Number.POSITIVE_INFINITY): void {
    this.#down.set(need, this.#nowMs() + forMs);
  }

  up(need: string): void {
    this.#down.delete(need);
  }

  /** With the need, if any, that the answer under way has just failed for. */
  current(failed: string | null = null): ServiceHealth {
    const nowMs = this.#nowMs();
    const down = new Set(failed === null ? [] : [failed]);
    for (const [need, untilMs] of this.#down) {
      if (untilMs > nowMs) down.add(need);
      else this.#down.delete(need);
    }
    return { down: [...down] };
  }
}

/** Those of this process; needs are named by the manifest, so there are few. */
export const needReports = new NeedReports();
