import { isSlow, shouldTrip, type TripRule, WINDOW_MS } from './trip-rule.ts';
import { OutcomeWindow } from './window.ts';

export type BreakerState =
  | { readonly kind: 'closed'; readonly sinceMs: number }
  | {
      readonly kind: 'open';
      readonly sinceMs: number;
      /** From then on one call may try. */
      readonly untilMs: number;
      readonly reason: OpenReason;
    }
  /** One call tries, the rest are refused at once. */
  | {
      readonly kind: 'half-open';
      readonly sinceMs: number;
      /** A probe that has not come back by then is given up. */
      readonly untilMs: number;
      readonly reason: OpenReason;
    }
  /** By hand, until it is let go. */
  | { readonly kind: 'held'; readonly sinceMs: number; readonly position: HeldPosition };

export type HeldPosition = 'open' | 'closed';

/** What was in the window when it opened. */
export interface OpenReason {
  readonly total: number;
  readonly failed: number;
  readonly slow: number;
  /** The need that most of the failures named; null where most named none. */
  readonly need: string | null;
}

/** No permit: the call must not be made. */
export const REFUSED = 0;

/** Longer than any deadline that a manifest is likely to have: a probe lost is a defect of ours. */
const PROBE_MS = 120_000;

/**
 * Circuit breaker: while too many calls fail it refuses them at once, lets one try after a while,
 * and closes when that one did well. (Nygard, Release It!) When it opens is `trip-rule.ts`.
 *
 * A permit is the number of the state that it was given in: what a call that began before a change
 * came to says nothing about the state after it.
 */
export class Breaker {
  /** How often it has opened by itself. */
  opened = 0;
  /** Calls refused. */
  refused = 0;
  readonly #window = new OutcomeWindow(WINDOW_MS);
  readonly #onChange: (state: BreakerState) => void;
  #rule: TripRule;
  #state: BreakerState;
  #permit = 1;
  #isClosed = true;
  #need: string | null = null;
  #needVotes = 0;

  constructor(rule: TripRule, nowMs: number, onChange: (state: BreakerState) => void) {
    this.#rule = rule;
    this.#onChange = onChange;
    this.#state = { kind: 'closed', sinceMs: nowMs };
  }

  get state(): BreakerState {
    return this.#state;
  }

  get rule(): TripRule {
    return this.#rule;
  }

  /** In force from the next call on; what was counted stays. */
  set rule(rule: TripRule) {
    this.#rule = rule;
  }

  /** A permit for one call, to be given back by `settle` or `release`; or REFUSED. */
  admit(nowMs: number): number {
    return this.#isClosed ? this.#permit : this.#admitOne(nowMs);
  }

  /** Tells what a call came to; `need` is what its failure named. */
  settle(
    permit: number,
    nowMs: number,
    tookMs: number,
    failed: boolean,
    need: string | null,
  ): void {
    if (permit !== this.#permit) return;
    const state = this.#state;
    const outcome = failed ? 'failed' : isSlow(this.#rule, tookMs) ? 'slow' : 'ok';
    if (state.kind === 'half-open') {
      if (outcome === 'ok') this.#close(nowMs);
      else this.#open(nowMs, failed ? { ...state.reason, need } : state.reason);
      return;
    }
    if (state.kind !== 'closed') return;
    this.#window.record(nowMs, outcome);
    if (outcome === 'ok') return;
    this.#vote(need);
    if (shouldTrip(this.#rule, this.#window)) {
      const { total, failed: failures, slow } = this.#window;
      this.#open(nowMs, { total, failed: failures, slow, need: this.#need });
    }
  }

  /** A call ended in a way that says nothing of the other side: another may try. */
  release(permit: number, nowMs: number): void {
    const state = this.#state;
    if (permit !== this.#permit || state.kind !== 'half-open') return;
    this.#change({ kind: 'open', sinceMs: state.sinceMs, untilMs: nowMs, reason: state.reason });
  }

  /** What it judged by is no longer what is there: one call may try now. */
  reconsider(nowMs: number): void {
    const state = this.#state;
    if (state.kind === 'open' && state.untilMs > nowMs) {
      this.#change({ ...state, untilMs: nowMs });
    }
  }

  /** Holds it by hand; null lets it go, and it begins anew. */
  hold(position: HeldPosition | null, nowMs: number): void {
    const held = this.#state.kind === 'held' ? this.#state.position : null;
    if (held === position) return;
    if (position === null) this.#close(nowMs);
    else this.#change({ kind: 'held', sinceMs: nowMs, position });
  }

  /** How long until a call may try; 0 where one may now. */
  waitMs(nowMs: number): number {
    const state = this.#state;
    if (state.kind === 'open') return Math.max(0, state.untilMs - nowMs);
    return state.kind === 'half-open' || this.#isHeldOpen() ? this.#rule.openMs : 0;
  }

  /** Calls of the last ten seconds, and how many of them were bad. */
  counted(nowMs: number): { readonly calls: number; readonly bad: number } {
    const window = this.#window;
    window.forget(nowMs);
    return { calls: window.total, bad: window.failed + window.slow };
  }

  /** The need that it is open for. */
  get need(): string | null {
    const state = this.#state;
    return state.kind === 'open' || state.kind === 'half-open' ? state.reason.need : null;
  }

  #admitOne(nowMs: number): number {
    const state = this.#state;
    if (state.kind !== 'closed' && state.kind !== 'held' && nowMs >= state.untilMs) {
      const { reason } = state;
      this.#change({ kind: 'half-open', sinceMs: nowMs, untilMs: nowMs + PROBE_MS, reason });
      return this.#permit;
    }
    this.refused++;
    return REFUSED;
  }

  #open(nowMs: number, reason: OpenReason): void {
    this.opened++;
    this.#change({ kind: 'open', sinceMs: nowMs, untilMs: nowMs + this.#rule.openMs, reason });
  }

  #close(nowMs: number): void {
    this.#window.clear();
    this.#need = null;
    this.#needVotes = 0;
    this.#change({ kind: 'closed', sinceMs: nowMs });
  }

  #change(state: BreakerState): void {
    this.#permit++;
    this.#state = state;
    this.#isClosed = state.kind === 'closed' || (state.kind === 'held' && !this.#isHeldOpen());
    this.#onChange(state);
  }

  #isHeldOpen(): boolean {
    return this.#state.kind === 'held' && this.#state.position === 'open';
  }

  /** The majority of a stream in two fields (Boyer and Moore, 1981). */
  #vote(need: string | null): void {
    // The first failure in the window: what was voted before it is too old to count.
    if (this.#window.failed + this.#window.slow === 1) this.#needVotes = 0;
    if (this.#needVotes === 0) this.#need = need;
    this.#needVotes += need === this.#need ? 1 : -1;
  }
}
