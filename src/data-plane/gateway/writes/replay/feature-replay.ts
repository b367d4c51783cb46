import { allowed, type GateEvent, type GateState, newGate, stepGate } from './replay-gate.ts';
import { Strikes } from './strikes.ts';

/** After so many failures of its own a write is set aside. */
const MOST_STRIKES = 8;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;
/** More than wait as heads of their keys at a time; beyond it all are forgotten. */
const MOST_COUNTED = 100_000;

/** What becomes of a write whose replay did not succeed. */
export type Next =
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'set-aside'; readonly reason: string };

/** How the replay of one feature goes: how much at a time, how fast, and who is to blame. */
export class FeatureReplay {
  readonly #perSecond: () => number;
  readonly #fraction: () => number;
  readonly #strikes = new Strikes();
  /** How often each was the probe that failed. */
  readonly #probed = new Map<string, number>();
  #gate: GateState = newGate;
  #inFlight = 0;
  #tokens = 1;
  #filledAtMs: number;

  constructor(nowMs: number, perSecond: () => number, fraction: () => number) {
    this.#filledAtMs = nowMs;
    this.#perSecond = perSecond;
    this.#fraction = fraction;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** How many may be sent now. */
  room(nowMs: number): number {
    const perSecond = this.#perSecond();
    // At most what a second brings is saved up, so that there is no burst after a pause.
    const filled = this.#tokens + ((nowMs - this.#filledAtMs) * perSecond) / 1_000;
    this.#tokens = Math.min(Math.max(1, perSecond), filled);
    this.#filledAtMs = nowMs;
    const free = allowed(this.#gate, nowMs) - this.#inFlight;
    return Math.max(0, Math.min(free, Math.floor(this.#tokens)));
  }

  sent(): void {
    this.#inFlight += 1;
    this.#tokens -= 1;
    this.#step({ kind: 'sent' });
  }

  returned(): void {
    this.#inFlight -= 1;
  }

  /** A client's own request went well. */
  seenWell(nowMs: number): void {
    this.#strikes.confirm();
    this.#step({ kind: 'seen-well', nowMs });
  }

  /** Its service has taken the write, or refused it for good: either way it is well. */
  answered(id: string): void {
    this.#probed.delete(id);
    this.#strikes.forget(id);
    this.#strikes.confirm();
    this.#step({ kind: 'succeeded' });
  }

  /** It was set aside although nothing shows that its feature is well. */
  gaveUp(id: string, nowMs: number): void {
    this.#strikes.forget(id);
    this.#fail(nowMs);
  }

  /** The feature is down, as far as this write tells. */
  down(id: string, nowMs: number): Next {
    if (this.#gate.kind === 'open') this.#strikes.suspect(id);
    this.#fail(nowMs);
    const strikes = this.#strikes.of(id);
    if (strikes >= MOST_STRIKES) return this.#setAside(id, 'while others succeeded');
    const isOpen = this.#gate.kind === 'open';
    return {
      kind: 'delay',
      delayMs: isOpen ? this.#delayMs(strikes + 1) : this.#asProbe(id, nowMs),
    };
  }

  /** Its service answered, and cannot take it just now. */
  again(id: string, why: string, nowMs: number): Next {
    const strikes = this.#strikes.strike(id);
    this.#fail(nowMs);
    if (strikes >= MOST_STRIKES) return this.#setAside(id, why);
    return { kind: 'delay', delayMs: this.#delayMs(strikes) };
  }

  /**
   * Beyond the next probe, and further each time: else what was poisoned would be every probe, and
   * stop all others.
   */
  #asProbe(id: string, nowMs: number): number {
    if (this.#probed.size >= MOST_COUNTED) this.#probed.clear();
    const turn = (this.#probed.get(id) ?? 0) + 1;
    this.#probed.set(id, turn);
    const pauseMs = this.#gate.kind === 'closed' ? Math.max(0, this.#gate.untilMs - nowMs) : 0;
    return pauseMs + this.#delayMs(turn);
  }

  #setAside(id: string, why: string): Next {
    this.#strikes.forget(id);
    this.#probed.delete(id);
    return { kind: 'set-aside', reason: `failing: ${MOST_STRIKES} times, ${why}` };
  }

  #fail(nowMs: number): void {
    this.#step({ kind: 'failed', nowMs, jitter: this.#fraction() });
    if (this.#gate.kind === 'closed') this.#strikes.forgive();
  }

  #step(event: GateEvent): void {
    this.#gate = stepGate(this.#gate, event);
  }

  #delayMs(turn: number): number {
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (turn - 1));
    return longest * (0.75 + this.#fraction() / 2);
  }
}
