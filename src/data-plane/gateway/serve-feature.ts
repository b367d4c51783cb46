import type { SharedCache } from '../edge/cache/shared-cache.ts';
import type { Answer, Exchange } from '../exchange.ts';
import { attempt, type AttemptParts } from './attempt/attempt.ts';
import type { CompiledRoute, Side } from './route/compile-routes.ts';
import { applySwitch, slowDown, type SwitchParts } from './switches/apply-switch.ts';

/** What the way of a request to a feature works with. */
export interface FeatureParts extends AttemptParts, SwitchParts {
  /** Whose requests these are: the public's, or those of the site's own services. */
  readonly side: Side;
  readonly cache: Pick<SharedCache, 'answer'>;
}

const noCache = { kind: 'none', missingMs: null } as const;

/**
 * The way of a request that a route has taken, in this order: a switch may turn it away; what is
 * kept answers where it may; else an instance of the service is asked, later where a switch slows
 * the feature.
 */
export function serveFeature(
  exchange: Exchange,
  route: CompiledRoute,
  skipsCache: boolean,
  parts: FeatureParts,
): Answer | Promise<Answer> {
  const switched = route.switched.inForce === null ? null : applySwitch(exchange, route, parts);
  if (switched !== null) return switched;
  return parts.cache.answer({
    exchange,
    feature: route.feature,
    policy: skipsCache ? noCache : route.cache,
    side: parts.side,
    forward: (wanted) => askService(wanted, route, parts),
  });
}

function askService(
  exchange: Exchange,
  route: CompiledRoute,
  parts: FeatureParts,
): Answer | Promise<Answer> {
  const ask = (): Answer | Promise<Answer> => attempt(exchange, route, parts);
  const isSwitched = route.switched.inForce !== null;
  return (isSwitched ? slowDown(exchange, route, parts, ask) : null) ?? ask();
}
