import type { CacheableRequest } from '../edge/cache/cacheable-request.ts';
import type { CachePolicy } from '../edge/cache/judge-answer.ts';
import type { SharedCache } from '../edge/cache/shared-cache.ts';
import type { Answer, Exchange } from '../exchange.ts';
import { attempt, type AttemptParts } from './attempt/attempt.ts';
import type { Ladders } from './ladder/ladders.ts';
import type { CompiledRoute, Side } from './route/compile-routes.ts';
import { Permit } from './shed/permit.ts';
import type { Shedder } from './shed/shedder.ts';
import type { BegunWrite, QueuedWrites } from './writes/queued-writes.ts';
import { applySwitch, slowDown, type SwitchParts } from './switches/apply-switch.ts';

/** What the way of a request to a feature works with. */
export interface FeatureParts extends AttemptParts, SwitchParts {
  /** Whose requests these are: the public's, or those of the site's own services. */
  readonly side: Side;
  readonly cache: Pick<SharedCache, 'answer'>;
  readonly ladders: Pick<Ladders, 'ask' | 'answer'>;
  /** Null where nothing can be queued. */
  readonly writes: QueuedWrites | null;
  readonly shedder: Pick<Shedder, 'admit'>;
}

/**
 * The way of a request that a route has taken, in this order: a switch may turn it away; a write
 * that may be queued is made ready for it; what is kept answers where it may; else an instance of
 * the service is asked, later where a switch slows the feature, and not where it is overloaded or
 * has failed too much; and where that fails, the ladder says what is answered in its place.
 */
export function serveFeature(
  exchange: Exchange,
  route: CompiledRoute,
  skipsCache: boolean,
  parts: FeatureParts,
): Answer | Promise<Answer> {
  const switched = route.switched.inForce === null ? null : applySwitch(exchange, route, parts);
  const mayQueue = switched === null || switched.failure?.rung === 'queue';
  const preparing = mayQueue ? (parts.writes?.prepare(exchange, route) ?? null) : null;
  const asking = new Asking(exchange, route, skipsCache, parts);
  if (preparing !== null) return asking.answerWrite(preparing, switched);
  return asking.stepDown(switched ?? parts.cache.answer(asking));
}

const noCache = { kind: 'none', missingMs: null } as const;

/** A request on its way to what its route offers; one object, as most end in the cache. */
class Asking implements CacheableRequest {
  readonly exchange: Exchange;
  readonly feature: string;
  readonly policy: CachePolicy;
  readonly side: Side;
  readonly hasLadder: boolean;
  readonly #route: CompiledRoute;
  readonly #parts: FeatureParts;

  constructor(exchange: Exchange, route: CompiledRoute, skipsCache: boolean, parts: FeatureParts) {
    this.exchange = exchange;
    this.feature = route.feature;
    this.policy = skipsCache ? noCache : route.cache;
    this.side = parts.side;
    this.hasLadder = route.ladder !== null;
    this.#route = route;
    this.#parts = parts;
  }

  forward(wanted: Exchange): Answer | Promise<Answer> {
    const route = this.#route;
    return this.#parts.ladders.ask(wanted, route, (asked) => ask(asked, route, this.#parts));
  }

  async answerWrite(preparing: Promise<BegunWrite>, switched: Answer | null): Promise<Answer> {
    const begun = await preparing;
    if (begun.kind === 'refused' || begun.kind === 'queued') return begun.answer;
    const asked = switched ?? this.#parts.cache.answer(this);
    if (begun.kind === 'plain') return this.stepDown(asked);
    const came = await asked;
    const { ladders, writes } = this.#parts;
    if (came.failure === undefined) writes?.succeeded(this.feature);
    return ladders.answer(this.exchange, this.#route, came, begun.write);
  }

  stepDown(asked: Answer | Promise<Answer>): Answer | Promise<Answer> {
    if (!this.hasLadder) return asked;
    const { ladders } = this.#parts;
    return asked instanceof Promise
      ? asked.then((came) => ladders.answer(this.exchange, this.#route, came, null))
      : ladders.answer(this.exchange, this.#route, asked, null);
  }
}

/** Once for all who join in it. */
function ask(
  exchange: Exchange,
  route: CompiledRoute,
  parts: FeatureParts,
): Answer | Promise<Answer> {
  const slowed =
    route.switched.inForce === null
      ? null
      : slowDown(exchange, route, parts, () => admitted(exchange, route, parts));
  return slowed ?? admitted(exchange, route, parts);
}

function admitted(
  exchange: Exchange,
  route: CompiledRoute,
  parts: FeatureParts,
): Answer | Promise<Answer> {
  const permit = parts.shedder.admit(route, exchange);
  if (!(permit instanceof Permit)) return permit;
  return permit.through(attempt(exchange, route, parts));
}
