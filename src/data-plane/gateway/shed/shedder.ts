import type { Clock } from '../../../ports/clock/port.ts';
import type { Randomness } from '../../../ports/randomness/port.ts';
import type { Answer, Exchange } from '../../exchange.ts';
import { problemAnswer } from '../../problems.ts';
import type { CompiledRoute } from '../route/compile-routes.ts';
import { LoopLag } from './loop-lag.ts';
import { Permit } from './permit.ts';
import type { ServiceLoad } from './service-load.ts';
import type { Rank } from './tier-room.ts';

export interface ShedderParts {
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** All that there are now. */
  services(): readonly { readonly load: ServiceLoad }[];
}

/** What it looks at of a route and of a request. */
type AdmittedRoute = Pick<CompiledRoute, 'load' | 'limitInFlight'> & {
  readonly service: { readonly endpoints: readonly unknown[] };
};
type AdmittedExchange = Pick<Exchange, 'id'> & {
  readonly request: Pick<Exchange['request'], 'body'>;
};

/**
 * Lets in what a service can take, by how much it matters: under overload sheddable features are
 * turned away first, then important ones, core last. Stands behind the cache, so that nothing that
 * is kept is ever refused. All that it knows is of this worker alone.
 */
export class Shedder {
  readonly #clock: Clock;
  readonly #randomness: Randomness;
  readonly #lag = new LoopLag(LAG_EVERY_MS);
  readonly #timers: readonly { cancel(): void }[];

  constructor({ clock, randomness, services }: ShedderParts) {
    this.#clock = clock;
    this.#randomness = randomness;
    this.#timers = [
      clock.every(LAG_EVERY_MS, () => this.#lag.sample(clock.monotonicMs())),
      clock.every(STEP_EVERY_MS, () => {
        for (const { load } of services()) load.step(clock.monotonicMs(), clock.nowMs());
      }),
    ];
  }

  get lagMs(): number {
    return this.#lag.standingMs;
  }

  /** Leave to ask the service, to be given back; or the answer for who has none. */
  admit(route: AdmittedRoute, exchange: AdmittedExchange): Answer | Permit {
    const { load, service, limitInFlight } = route;
    const { limit, room } = load.of;
    const { rank } = load;
    const instances = service.endpoints.length;
    if (instances > 0) limit.bound(instances * limitInFlight);
    const share = this.#lag.refused[rank];
    const isLate = share > 0 && this.#randomness.fraction() < share;
    if (isLate || !room.fits(rank, limit.room)) {
      load.shed++;
      if (!isLate) {
        limit.refused();
        room.refuse(rank, limit.limit);
      }
      return this.#refusal(rank, exchange);
    }
    return new Permit(load, exchange.request.body, this.#clock);
  }

  cancel(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  /** Those who were turned away together must not come back together. */
  #refusal(rank: Rank, exchange: AdmittedExchange): Answer {
    const [leastS, mostS] = retryAfterS[rank];
    const seconds = leastS + this.#randomness.integer(mostS - leastS + 1);
    const answer = problemAnswer('overloaded', {
      detail: 'Nothing was done. Try again in a moment.',
      requestId: exchange.id,
      headers: ['retry-after', String(seconds)],
    });
    return { ...answer, failure: { cause: 'shed', need: null, reached: false } };
  }
}

/** What matters less comes back later. */
const retryAfterS = [
  [1, 3],
  [2, 8],
  [5, 20],
] as const;
const LAG_EVERY_MS = 25;
const STEP_EVERY_MS = 250;
