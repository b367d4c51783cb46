import { SHARES_PREFIX, type SharesRecord, type WorkerShare } from '../../../contract/shares.ts';
import type { Log } from '../../../lib/log.ts';
import type { Clock, Timer } from '../../../ports/clock/port.ts';
import type { State, StateEntry, Watch } from '../../../ports/state/port.ts';
import type { Bulkheads, SharedLimit } from './bulkheads.ts';
import { settleShares } from './settle-shares.ts';

export interface ShareParts {
  readonly id: string;
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a worker that died had is free after so long. */
const LEASE_MS = 5_000;
const RENEW_MS = 2_500;
const EVERY_MS = 1_000;
/** Wants fade by so much a second, so that one quiet second gives nothing away. */
const FADING = 0.8;
const MOST_TRIES = 8;

/**
 * Keeps this worker's share of every limit that holds for the whole site, by what it needs and what
 * the others need. As long as state can be asked, all workers together never have more than the
 * limit. While it is away nobody can take anything, and each keeps the share that it had last; a
 * worker that had none lets one request through at a time.
 */
export class ShareLeases {
  readonly #bulkheads: Bulkheads;
  readonly #parts: ShareParts;
  readonly #wants = new Map<string, number>();
  readonly #settling = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  readonly #timer: Timer;
  #watch: Watch | null = null;
  #isWatching = false;
  #isAway = false;
  #closed = false;

  constructor(bulkheads: Bulkheads, parts: ShareParts) {
    this.#bulkheads = bulkheads;
    this.#parts = parts;
    this.#timer = parts.clock.every(EVERY_MS, () => this.#tick());
  }

  /** Settles now what is new in the configuration. */
  use(): void {
    const limits = this.#bulkheads.list();
    const known = new Set(limits.map(({ feature }) => feature));
    for (const feature of this.#wants.keys()) if (!known.has(feature)) this.#wants.delete(feature);
    for (const shared of limits) this.#settle(shared.feature);
    if (limits.length > 0) void this.#follow();
  }

  /** Gives its shares back, for nothing is under way any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer.cancel();
    this.#watch?.close();
    await Promise.all(this.#settling.values());
    const giveBack = this.#bulkheads.list().map(({ feature }) =>
      this.#write(feature, (before) => ({
        shares: (before?.shares ?? []).filter(({ worker }) => worker !== this.#parts.id),
      })),
    );
    // Where state is away they run out by themselves.
    await Promise.allSettled(giveBack);
  }

  #tick(): void {
    for (const { feature, bulkhead } of this.#bulkheads.list()) {
      const faded = Math.floor((this.#wants.get(feature) ?? 0) * FADING);
      this.#wants.set(feature, Math.max(faded, bulkhead.takeDemand()));
      this.#settle(feature);
    }
    if (this.#bulkheads.list().length > 0) void this.#follow();
  }

  /** What others wrote may leave more for this one, or ask it to give some back. */
  async #follow(): Promise<void> {
    if (this.#isWatching || this.#closed) return;
    this.#isWatching = true;
    try {
      const watch = await this.#parts.state.watch(SHARES_PREFIX, (change) => {
        if (change.kind !== 'put') return;
        const feature = change.key.slice(SHARES_PREFIX.length);
        const shares = (change.value as SharesRecord).shares;
        if (this.#isFair(feature, shares)) return;
        this.#settle(feature);
      });
      if (this.#closed) watch.close();
      else this.#watch = watch;
    } catch {
      this.#isWatching = false;
    }
  }

  /** One at a time for each limit; what is asked for meanwhile is done once more afterwards. */
  #settle(feature: string): void {
    if (this.#settling.has(feature)) {
      this.#again.add(feature);
      return;
    }
    const settling = this.#settleOrStay(feature).finally(() => {
      this.#settling.delete(feature);
      if (this.#again.delete(feature) && !this.#closed) this.#settle(feature);
    });
    this.#settling.set(feature, settling);
  }

  async #settleOrStay(feature: string): Promise<void> {
    try {
      await this.#settleNow(feature);
      this.#isAway = false;
    } catch (error) {
      if (this.#isAway) return;
      this.#isAway = true;
      const message = 'The shares of limits of the site stay as they are';
      this.#parts.log.warn(message, { error: String(error) });
    }
  }

  async #settleNow(feature: string): Promise<void> {
    const shared = this.#bulkheads.list().find((one) => one.feature === feature);
    if (shared === undefined) return;
    const { bulkhead } = shared;
    const written = await this.#write(feature, (before) => {
      const after = settleShares(before, this.#question(shared));
      const own = this.#own(after.shares);
      // Given back in force before anybody else can take it.
      if (own !== undefined && own.share < bulkhead.limit) bulkhead.limit = own.share;
      return this.#isWorthWriting(before, own) ? after : null;
    });
    bulkhead.limit = this.#own(written?.shares ?? [])?.share ?? bulkhead.limit;
  }

  #question({ feature, limit, bulkhead }: SharedLimit): Parameters<typeof settleShares>[1] {
    return {
      worker: this.#parts.id,
      limit,
      wants: this.#wants.get(feature) ?? 0,
      inFlight: bulkhead.inFlight,
      nowMs: this.#parts.clock.nowMs(),
      leaseMs: LEASE_MS,
    };
  }

  #isWorthWriting(before: SharesRecord | null, own: WorkerShare | undefined): boolean {
    const was = this.#own(before?.shares ?? []);
    if (was === undefined || own === undefined) return true;
    if (was.share !== own.share || was.wants !== own.wants) return true;
    return was.untilMs - this.#parts.clock.nowMs() < RENEW_MS;
  }

  /** Whether this worker would leave it as it is. */
  #isFair(feature: string, shares: readonly WorkerShare[]): boolean {
    const shared = this.#bulkheads.list().find((one) => one.feature === feature);
    if (shared === undefined) return true;
    const after = settleShares({ shares }, this.#question(shared));
    return this.#own(after.shares)?.share === this.#own(shares)?.share;
  }

  #own(shares: readonly WorkerShare[]): WorkerShare | undefined {
    return shares.find(({ worker }) => worker === this.#parts.id);
  }

  /** Writes what `change` makes of the record; null leaves it. Resolves with how it stands then. */
  async #write(
    feature: string,
    change: (before: SharesRecord | null) => SharesRecord | null,
  ): Promise<SharesRecord | null> {
    const { state } = this.#parts;
    const key = `${SHARES_PREFIX}${feature}`;
    let entry: StateEntry | null = await state.get(key);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const before = (entry?.value ?? null) as SharesRecord | null;
      const after = change(before);
      if (after === null) return before;
      const result = await state.compareAndSet(key, after, entry?.revision ?? 0);
      if (result.kind === 'written') return after;
      entry = result.current;
    }
    // Others were faster each time; the next second is soon enough.
    return (entry?.value ?? null) as SharesRecord | null;
  }
}
