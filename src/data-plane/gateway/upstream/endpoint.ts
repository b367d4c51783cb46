import type { TimerWheel } from '../../../lib/timer-wheel.ts';
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
   * Learns from an outcome. Failures of the client and answers of any status are not held against
   * the endpoint.
   */
  learn(outcome: Outcome, tookMs: number): void {
    if (outcome.kind === 'answer') {
      this.#failuresInARow = 0;
      this.#suspendedUntilMs = 0;
      this.latencyMs += LATENCY_WEIGHT * (tookMs - this.latencyMs);
      return;
    }
    const { failure } = outcome;
    if (failure !== 'refused' && failure !== 'lost' && failure !== 'malformed') return;
    const suspendMs = Math.min(MAX_SUSPEND_MS, SUSPEND_MS * 2 ** this.#failuresInARow);
    this.#failuresInARow++;
    this.#suspendedUntilMs = this.#wheel.nowMs + suspendMs;
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
