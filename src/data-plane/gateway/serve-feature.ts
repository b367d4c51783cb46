import type { SharedCache } from '../edge/cache/shared-cache.ts';
import type { Answer, Exchange } from '../exchange.ts';
import { attempt, type AttemptParts } from './attempt/attempt.ts';
import type { Ladders } from './ladder/ladders.ts';
import type { CompiledRoute, Side } from './route/compile-routes.ts';
import { Permit } from './shed/permit.ts';
import type { Shedder } from './shed/shedder.ts';
import type { PreparedWrite } from './writes/prepare-write.ts';
import type { QueuedWrites } from './writes/queued-writes.ts';
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

const noCache = { kind: 'none', missingMs: null } as const;

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
  if (preparing === null) {
    return stepDown(exchange, route, switched ?? answer(exchange, route, skipsCache, parts), parts);
  }
  return preparing.then((begun) => {
    if (begun.kind === 'refused' || begun.kind === 'queued') return begun.answer;
    const asked = switched ?? answer(exchange, route, skipsCache, parts);
    if (begun.kind === 'plain') return stepDown(exchange, route, asked, parts);
    return stepWriteDown(exchange, route, asked, begun.write, parts);
  });
}

/** From what is kept, or of the service. */
function answer(
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
    hasLadder: route.ladder !== null,
    forward: (wanted) => parts.ladders.ask(wanted, route, (asked) => ask(asked, route, parts)),
  });
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

function stepDown(
  exchange: Exchange,
  route: CompiledRoute,
  asked: Answer | Promise<Answer>,
  { ladders }: FeatureParts,
): Answer | Promise<Answer> {
  if (route.ladder === null) return asked;
  return asked instanceof Promise
    ? asked.then((came) => ladders.answer(exchange, route, came, null))
    : ladders.answer(exchange, route, asked, null);
}

async function stepWriteDown(
  exchange: Exchange,
  route: CompiledRoute,
  asked: Answer | Promise<Answer>,
  write: PreparedWrite,
  { ladders, writes }: FeatureParts,
): Promise<Answer> {
  const came = await asked;
  if (came.failure === undefined) writes?.succeeded(route.feature);
  return ladders.answer(exchange, route, came, write);
}
