import type { SharedCache } from '../edge/cache/shared-cache.ts';
import type { Answer, Exchange } from '../exchange.ts';
import { attempt, type AttemptParts } from './attempt/attempt.ts';
import type { CompiledRoute, Side } from './route/compile-routes.ts';
import { Permit } from './shed/permit.ts';
import type { Shedder } from './shed/shedder.ts';

/** What the way of a request to a feature works with. */
export interface FeatureParts extends AttemptParts {
  /** Whose requests these are: the public's, or those of the site's own services. */
  readonly side: Side;
  readonly cache: Pick<SharedCache, 'answer'>;
  readonly shedder: Pick<Shedder, 'admit'>;
}

const noCache = { kind: 'none', missingMs: null } as const;

/**
 * The way of a request that a route has taken, in this order: what is kept answers where it may;
 * else an instance of the service is asked, where that is not overloaded.
 */
export function serveFeature(
  exchange: Exchange,
  route: CompiledRoute,
  skipsCache: boolean,
  parts: FeatureParts,
): Answer | Promise<Answer> {
  return parts.cache.answer({
    exchange,
    feature: route.feature,
    policy: skipsCache ? noCache : route.cache,
    side: parts.side,
    forward: (wanted) => ask(wanted, route, parts),
  });
}

/** Once for all who join in it. */
function ask(
  exchange: Exchange,
  route: CompiledRoute,
  parts: FeatureParts,
): Answer | Promise<Answer> {
  const permit = parts.shedder.admit(route, exchange);
  if (!(permit instanceof Permit)) return permit;
  return permit.through(attempt(exchange, route, parts));
}
