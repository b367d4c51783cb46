import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import { OutcomeWindow } from '../circuits/window.ts';
import { UpstreamConnection } from './connection.ts';
import type { Origin } from './origin.ts';
import type { Outcome } from './upstream-exchange.ts';

/** Idle connections are closed after this, or a second before the origin says it would. */
const IDLE_MS = 10_000;
const MAX_IDLE = 256;
/**
 * A request that must not be sent twice takes only a connection used this recently, lest it meet a
 * closing one.
 */
const FRESH_MS = 1_000;
const SUSPEND_MS = 1_000;
const MAX_SUSPEND_MS = 16_000;
const LATENCY_WEIGHT = 0.1;
/** An instance judged by its last ten seconds is put aside from this share of failures on, */
const EJECT_ERRORS = 0.5;
/** given so many requests at least, */
const EJECT_VOLUME = 10;
/** for so long, and longer each time in a row. */
const EJECT_MS = 10_000;
const MAX_EJECT_MS = 60_000;
const WINDOW_MS = 10_000;
/** Over so long one that is new, or comes back, gets from a tenth of its part to all of it. */
const WARM_UP_MS = 10_000;
const COLDEST = 0.1;

/** One place that takes requests for a service: its connections, and how it has been doing. */
export class Endpoint {
  readonly id: string;
  readonly origin: Origin;
  /** Requests that have not got the head of their answer, or whose body is still coming. */
  inFlight = 0;
  /** Moving average of the time to the head of an answer. */
  latencyMs = 0;
  readonly #wheel: TimerWheel;
  readonly #idle: UpstreamConnection[] = [];
  readonly #all = new Set<UpstreamConnection>();
  #suspendedUntilMs = 0;
  #failuresInARow = 0;
  readonly #window = new OutcomeWindow(WINDOW_MS);
  #ejectedUntilMs = 0;
  #ejectionsInARow = 0;
  /** By active checks: `failures` of them in a row have failed. */
  #sick = false;
  #warmFromMs = 0;
  #retired = false;

  constructor(id: string, origin: Origin, wheel: TimerWheel) {
    this.id = id;
    this.origin = origin;
    this.#wheel = wheel;
  }

  /** True while others are to be preferred because this one has just failed. */
  get suspended(): boolean {
    return this.#suspendedUntilMs !== 0 && this.#wheel.nowMs < this.#suspendedUntilMs;
  }

  /**
   * True while it is put aside because it answers badly, or does not answer checks. Unlike one that
   * is suspended it may work, so where too many are put aside none is: see `chooseEndpoint`.
   */
  get ejected(): boolean {
    if (this.#sick) return true;
    if (this.#ejectedUntilMs === 0) return false;
    if (this.#wheel.nowMs < this.#ejectedUntilMs) return true;
    this.#ejectedUntilMs = 0;
    this.#window.clear();
    this.warmUp();
    return false;
  }

  /** What part of its requests it should get: 1 but for one that is new or has come back. */
  get warmth(): number {
    if (this.#warmFromMs === 0) return 1;
    const share = (this.#wheel.nowMs - this.#warmFromMs) / WARM_UP_MS;
    if (share < 1) return Math.max(COLDEST, share);
    this.#warmFromMs = 0;
    return 1;
  }

  /** It gets little at first: caches are empty and code is not compiled yet. */
  warmUp(): void {
    this.#warmFromMs = Math.max(1, this.#wheel.nowMs);
  }

  /** What active checks found. */
  set sick(sick: boolean) {
    if (this.#sick && !sick) this.warmUp();
    this.#sick = sick;
  }

  get sick(): boolean {
    return this.#sick;
  }

  get connections(): number {
    return this.#all.size;
  }

  get idleConnections(): number {
    return this.#idle.length;
  }

  /**
   * A connection: `any` kept one for requests that may be sent twice, one in `recent` use for those
   * that may not, lest it meet an origin that is just closing it, or always a `new` one.
   */
  take(kind: 'any' | 'recent' | 'new'): UpstreamConnection {
    const kept = kind === 'new' ? undefined : this.#idle.at(-1);
    if (kept !== undefined) {
      const now = this.#wheel.nowMs;
      const untilMs =
        kind === 'any'
          ? kept.usableUntilMs
          : Math.min(kept.usableUntilMs, kept.usedAtMs + FRESH_MS);
      if (untilMs > now) {
        this.#idle.pop();
        return kept;
      }
    }
    const connection = new UpstreamConnection(this.origin, this, this.#wheel);
    this.#all.add(connection);
    return connection;
  }

  /**
   * Learns from an outcome. Failures of the client are not held against it; nor is an answer, but
   * for one of 500 and above where `isOwnFault` says that it named no lost need.
   */
  learn(outcome: Outcome, tookMs: number, isOwnFault = false): void {
    if (outcome.kind === 'answer') {
      this.#failuresInARow = 0;
      this.#suspendedUntilMs = 0;
      this.latencyMs += LATENCY_WEIGHT * (tookMs - this.latencyMs);
      this.#judge(isOwnFault);
      return;
    }
    const { failure } = outcome;
    if (failure === 'gone' || failure === 'body-too-large') return;
    this.#judge(true);
    if (failure === 'late') return;
    const suspendMs = Math.min(MAX_SUSPEND_MS, SUSPEND_MS * 2 ** this.#failuresInARow);
    this.#failuresInARow++;
    this.#suspendedUntilMs = this.#wheel.nowMs + suspendMs;
  }

  #judge(failed: boolean): void {
    const now = this.#wheel.nowMs;
    const window = this.#window;
    window.record(now, failed ? 'failed' : 'ok');
    if (!failed) {
      // A whole window without ejection, and it is as good as any other.
      if (this.#ejectionsInARow > 0 && window.failed === 0 && this.warmth === 1) {
        this.#ejectionsInARow = 0;
      }
      return;
    }
    if (this.#ejectedUntilMs !== 0 || window.total < EJECT_VOLUME) return;
    if (window.failed < EJECT_ERRORS * window.total) return;
    const forMs = Math.min(MAX_EJECT_MS, EJECT_MS * 2 ** this.#ejectionsInARow);
    this.#ejectionsInARow++;
    this.#ejectedUntilMs = now + forMs;
  }

  /** Part of ConnectionOwner. */
  reusable(connection: UpstreamConnection): void {
    if (this.#retired || this.#idle.length >= MAX_IDLE) {
      connection.destroy();
      return;
    }
    const now = this.#wheel.nowMs;
    const { keepAliveMs } = connection;
    const keepMs = keepAliveMs === null ? IDLE_MS : Math.min(IDLE_MS, keepAliveMs - 1_000);
    if (keepMs <= 0) {
      connection.destroy();
      return;
    }
    connection.usedAtMs = now;
    connection.usableUntilMs = now + keepMs;
    this.#idle.push(connection);
  }

  /** Part of ConnectionOwner. */
  closed(connection: UpstreamConnection): void {
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }

  /** Closes connections that have been idle for too long; called about once a second. */
  sweep(): void {
    const now = this.#wheel.nowMs;
    // The oldest stand first, because the last one in is the first one out.
    let expired = 0;
    while (expired < this.#idle.length && (this.#idle[expired]?.usableUntilMs ?? now) <= now) {
      expired++;
    }
    for (const connection of this.#idle.splice(0, expired)) connection.destroy();
  }

  /** Takes it out of use: idle connections close now, busy ones after their exchange. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }
}
