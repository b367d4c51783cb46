import type { QueueReport } from '../../../../contract/health-report.ts';
import type { Log } from '../../../../lib/log.ts';
import type { Clock, Timer } from '../../../../ports/clock/port.ts';
import type { Lease, State } from '../../../../ports/state/port.ts';
import type { FeatureWriteStats, WriteDrain, Writes } from '../../../../ports/writes/port.ts';
import type { Randomness } from '../../../../ports/randomness/port.ts';
import { DeadLetterNews, type WriteJournal } from './announce-dead.ts';
import { FeatureReplay } from './feature-replay.ts';
import { CLAIM_MS, replayWrite, type ReplayParts } from './replay-write.ts';

export interface ReplayOptions extends ReplayParts {
  readonly writes: Writes;
  readonly state: Pick<State, 'lease'>;
  readonly journal: WriteJournal;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** Of this process alone: its id and pid. */
  readonly holder: string;
  /** Whether somebody switched the feature so that its writes wait. */
  isHeld(feature: string): boolean;
  /** How fast a feature takes what was queued. */
  perSecond(feature: string): number;
}

const LEASE = 'writes-replay';
/** How long the others wait for one that was killed. */
const LEASE_MS = 6_000;
const RENEW_MS = 2_000;
const TURN_MS = 50;
const LOOK_MS = 500;
const AGAIN_MS = 1_000;
/** The right to replay is given back when there was nothing to do for so long. */
const IDLE_MS = 5_000;
const CLOSE_MS = 5_000;

interface Held {
  readonly lease: Lease;
  readonly drain: WriteDrain;
  renewedAtMs: number;
  lookedAtMs: number;
  busyAtMs: number;
}

/**
 * Sends what was queued to its services once they are well. Of all processes one does so at a time,
 * under a lease whose fence keeps a late one from settling anything. Without state there is no
 * lease, and nothing is sent; writes are accepted all the same.
 */
export class Replay {
  readonly #options: ReplayOptions;
  readonly #news: DeadLetterNews;
  readonly #timer: Timer;
  readonly #features = new Map<string, FeatureReplay>();
  #waiting: readonly string[] = [];
  #seen: readonly FeatureWriteStats[] = [];
  #held: Held | null = null;
  #notBeforeMs = 0;
  #turn: Promise<void> | null = null;
  #inFlight = 0;
  #isClosed = false;
  #hasBuried = true;

  constructor(options: ReplayOptions) {
    this.#options = options;
    const { writes, journal, holder, log, clock } = options;
    this.#news = new DeadLetterNews(writes, journal, { who: holder, log });
    this.#timer = clock.every(TURN_MS, () => this.#wake());
  }

  /** A client's own write of the feature went well: there is no need to wait for a probe. */
  seenWell(feature: string): void {
    if (this.#features.size === 0) return;
    this.#features.get(feature)?.seenWell(this.#options.clock.monotonicMs());
  }

  /** Waits a moment for what is under way, and leaves the rest to others. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer.cancel();
    await this.#turn;
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + CLOSE_MS;
    while (this.#inFlight > 0 && clock.monotonicMs() < endMs) await clock.sleep(TURN_MS / 2);
    await this.#letGo();
  }

  #wake(): void {
    if (this.#isClosed || this.#turn !== null) return;
    if (this.#held === null && this.#options.writes.quiet()) return;
    this.#turn = this.#takeTurn()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#turn = null;
      });
  }

  /** What waits, as it was seen last while the right to replay was held; else empty. */
  depths(): readonly QueueReport[] {
    return this.#seen.map(({ feature, depth, oldestAgeMs, deadLetters }) => {
      return { feature, waiting: depth, oldestMs: oldestAgeMs, deadLetters };
    });
  }

  async #takeTurn(): Promise<void> {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#notBeforeMs) return;
    const held = this.#held ?? (await this.#takeHold());
    if (held === null) return;
    if (nowMs - held.renewedAtMs >= RENEW_MS && !(await this.#renew(held))) return;
    if (nowMs - held.lookedAtMs >= LOOK_MS) await this.#look(held);
    for (const feature of this.#waiting) await this.#claim(held, feature);
    if (this.#waiting.length > 0 || this.#inFlight > 0) held.busyAtMs = nowMs;
    else if (nowMs - held.busyAtMs >= IDLE_MS) await this.#letGo();
  }

  async #takeHold(): Promise<Held | null> {
    const { state, writes, holder, clock, log } = this.#options;
    const lease = await state.lease(LEASE, holder, LEASE_MS);
    const nowMs = clock.monotonicMs();
    if (lease === null) {
      this.#notBeforeMs = nowMs + AGAIN_MS;
      return null;
    }
    let drain: WriteDrain;
    try {
      drain = await writes.drain(lease);
    } catch (error) {
      await lease.release().catch(() => undefined);
      throw error;
    }
    log.info('Replaying what was queued', { fence: lease.fence });
    this.#features.clear();
    this.#hasBuried = true;
    this.#held = { lease, drain, renewedAtMs: nowMs, lookedAtMs: -LOOK_MS, busyAtMs: nowMs };
    return this.#held;
  }

  /** While state is away the lease holds as long as it was taken for. */
  async #renew(held: Held): Promise<boolean> {
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    const isRenewed = await held.lease.renew(LEASE_MS).catch(() => null);
    if (isRenewed === true) held.renewedAtMs = startMs;
    const isLost = isRenewed === false || startMs - held.renewedAtMs > LEASE_MS - RENEW_MS;
    if (isLost) await this.#letGo();
    return !isLost;
  }

  async #look(held: Held): Promise<void> {
    // Takes nothing, but fulfils what was asked of dead letters and sets aside what has expired.
    await held.drain.claim({ limit: 0, forMs: CLAIM_MS });
    const stats = await this.#options.writes.stats();
    held.lookedAtMs = this.#options.clock.monotonicMs();
    this.#seen = stats.features;
    this.#waiting = stats.features.filter(({ depth }) => depth > 0).map(({ feature }) => feature);
    for (const [feature, running] of this.#features) {
      const isOver = !this.#waiting.includes(feature) && running.inFlight === 0;
      if (isOver) this.#features.delete(feature);
    }
    const isSure = this.#hasBuried;
    this.#hasBuried = false;
    await this.#news.look(stats.deadLetters, isSure);
  }

  async #claim(held: Held, feature: string): Promise<void> {
    const { clock, isHeld } = this.#options;
    if (isHeld(feature)) return;
    const running = this.#runningOf(feature);
    const limit = running.room(clock.monotonicMs());
    if (limit === 0) return;
    const request = { limit, forMs: CLAIM_MS, features: [feature] };
    for (const claimed of await held.drain.claim(request)) {
      running.sent();
      this.#inFlight += 1;
      replayWrite(claimed, held.drain, running, this.#options)
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          running.returned();
          this.#inFlight -= 1;
          // What was found is gone, and what is behind it may go now.
          this.#wake();
        });
    }
  }

  #runningOf(feature: string): FeatureReplay {
    let running = this.#features.get(feature);
    if (running === undefined) {
      const { clock, randomness, perSecond } = this.#options;
      running = new FeatureReplay(
        clock.monotonicMs(),
        () => perSecond(feature),
        () => randomness.fraction(),
      );
      this.#features.set(feature, running);
    }
    return running;
  }

  /** The queue or state failed, or a later holder has begun: what was claimed is claimed again. */
  #failed(error: unknown): void {
    const { log, clock } = this.#options;
    log.warn('The replay pauses', { reason: String(error) });
    this.#notBeforeMs = clock.monotonicMs() + AGAIN_MS;
    void this.#letGo();
  }

  async #letGo(): Promise<void> {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    this.#waiting = [];
    this.#seen = [];
    await held.drain.close().catch(() => undefined);
    await held.lease.release().catch(() => undefined);
  }
}
