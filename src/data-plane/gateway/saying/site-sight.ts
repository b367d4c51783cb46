import {
  HEALTH_REPORT_LIVES_MS,
  HEALTH_REPORTS_PREFIX,
  type HealthReport,
} from '../../../contract/health-report.ts';
import { siteHealthInFull, type SiteHealthInFull } from '../../../contract/site-health.ts';
import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import type { Clock } from '../../../ports/clock/port.ts';
import type { State } from '../../../ports/state/port.ts';

export interface SiteSightParts {
  readonly id: string;
  readonly state: Pick<State, 'list'>;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly wheel: TimerWheel;
  /** What this worker has seen; null while there is no configuration. */
  own(): HealthReport | null;
}

/** How long one look is good enough for all who ask. */
const LOOK_MS = 1_000;
/** Longer is not waited for the other workers' reports. */
const WAIT_MS = 250;

/**
 * How the site stands: what all workers have told state, with the newest of this one; where state
 * is away, what this worker has seen alone. State is asked at most once a second, whoever asks
 * here.
 */
export class SiteSight {
  readonly #parts: SiteSightParts;
  #look: Promise<SiteHealthInFull> | null = null;
  #lookMs = Number.NEGATIVE_INFINITY;
  /** A question to state that has not been answered; no other is put meanwhile. */
  #reading: Promise<readonly HealthReport[] | null> | null = null;

  constructor(parts: SiteSightParts) {
    this.#parts = parts;
  }

  look(): Promise<SiteHealthInFull> {
    const nowMs = this.#parts.clock.monotonicMs();
    if (this.#look === null || nowMs - this.#lookMs >= LOOK_MS) {
      this.#lookMs = nowMs;
      this.#look = this.#see();
    }
    return this.#look;
  }

  async #see(): Promise<SiteHealthInFull> {
    const { id, clock, own } = this.#parts;
    const others = await this.#others();
    const mine = own();
    const nowMs = clock.nowMs();
    const reports = (others ?? []).filter(
      ({ worker, atMs }) => worker !== id && nowMs - atMs < HEALTH_REPORT_LIVES_MS,
    );
    const all = mine === null ? reports : [...reports, mine];
    const seenBy = others === null ? 'worker' : 'site';
    return siteHealthInFull(all, seenBy, nowMs);
  }

  /** Null where state does not say in time. */
  async #others(): Promise<readonly HealthReport[] | null> {
    this.#reading ??= this.#read();
    const { promise: late, resolve } = Promise.withResolvers<null>();
    const timer = this.#parts.wheel.arm(WAIT_MS, () => resolve(null));
    try {
      return await Promise.race([this.#reading, late]);
    } finally {
      timer.cancel();
    }
  }

  async #read(): Promise<readonly HealthReport[] | null> {
    try {
      const records = await this.#parts.state.list(HEALTH_REPORTS_PREFIX);
      return records.map(({ value }) => value as HealthReport);
    } catch {
      return null;
    } finally {
      this.#reading = null;
    }
  }
}
