import type { Answer } from '../../exchange.ts';
import type { CompiledRoute } from '../route/compile-routes.ts';
import { type Breaker, REFUSED } from './breaker.ts';

/** Why a request was not let through to its service. */
export type Refusal =
  | { readonly kind: 'open'; readonly need: string | null; readonly waitMs: number }
  | { readonly kind: 'full' };

/** Methods that change nothing (RFC 9110, section 9.2.1). */
const reads = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What it looks at of a route. */
type GuardedRoute = Pick<CompiledRoute, 'circuits' | 'bulkhead'>;

/** What one request holds of its route's breakers and bulkhead while it is under way. */
export class Admission {
  readonly #route: GuardedRoute;
  readonly #breaker: Breaker;
  #permit = REFUSED;
  #ofService = REFUSED;

  constructor(route: GuardedRoute, method: string) {
    this.#route = route;
    this.#breaker = reads.has(method) ? route.circuits.reads : route.circuits.writes;
  }

  /** Null where it is let through; then `answered`, `unreached` or `gone` is called once. */
  enter(nowMs: number): Refusal | null {
    const { circuits, bulkhead } = this.#route;
    if (bulkhead !== null && !bulkhead.enter()) return { kind: 'full' };
    this.#ofService = circuits.service.admit(nowMs);
    if (this.#ofService === REFUSED) return this.#refuse(circuits.service, nowMs);
    this.#permit = this.#breaker.admit(nowMs);
    if (this.#permit !== REFUSED) return null;
    circuits.service.release(this.#ofService, nowMs);
    return this.#refuse(this.#breaker, nowMs);
  }

  /**
   * The service was reached, whatever came of it. The place in the bulkhead is given back by
   * `leave`, once nothing of the answer is still to come.
   */
  reached(nowMs: number, tookMs: number, failure: Answer['failure']): void {
    const failed = failure !== undefined;
    this.#route.circuits.service.settle(this.#ofService, nowMs, 0, false, null);
    this.#breaker.settle(this.#permit, nowMs, tookMs, failed, failure?.need ?? null);
  }

  /** No instance took a byte of it. */
  unreached(nowMs: number): void {
    this.#route.circuits.service.settle(this.#ofService, nowMs, 0, true, null);
    this.#breaker.release(this.#permit, nowMs);
  }

  /** It ended by what says nothing of the service: the client went away, or nobody had room. */
  gone(nowMs: number): void {
    this.#route.circuits.service.release(this.#ofService, nowMs);
    this.#breaker.release(this.#permit, nowMs);
  }

  leave(): void {
    this.#route.bulkhead?.leave();
  }

  #refuse(breaker: Breaker, nowMs: number): Refusal {
    this.leave();
    return { kind: 'open', need: breaker.need, waitMs: breaker.waitMs(nowMs) };
  }
}
