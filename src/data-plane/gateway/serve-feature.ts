import type { SharedCache } from '../edge/cache/shared-cache.ts';
import type { Answer, Exchange } from '../exchange.ts';
import { attempt, type AttemptParts } from './attempt/attempt.ts';
import type { Ladders } from './ladder/ladders.ts';
import type { CompiledRoute, Side } from './route/compile-routes.ts';
import { Permit } from './shed/permit.ts';
import type { Shedder } from './shed/shedder.ts';
import type { PreparedWrite } from './writes/prepare-write.ts';
import type { QueuedWrites } from './writes/queued-writes.ts';

/** What the way of a request to a feature works with. */
export interface FeatureParts extends AttemptParts {
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
 * The way of a request that a route has taken, in this order: a write that may be queued is made
 * ready for it; what is kept answers where it may; else an instance of the service is asked, where
 * that is not overloaded; and where that fails, the ladder of the feature says what is answered in
 * its place.
 */
export function serveFeature(
  exchange: Exchange,
  route: CompiledRoute,
  skipsCache: boolean,
  parts: FeatureParts,
): Answer | Promise<Answer> {
  const preparing = parts.writes?.prepare(exchange, route) ?? null;
  if (preparing === null) return answerOrStepDown(exchange, route, skipsCache, null, parts);
  return preparing.then(async (begun) => {
    if (begun.kind === 'refused' || begun.kind === 'queued') return begun.answer;
    const prepared = begun.kind === 'prepared' ? begun.write : null;
    const answer = await answerOrStepDown(exchange, route, skipsCache, prepared, parts);
    const isDone = answer.failure === undefined && answer.rung === undefined;
    if (prepared !== null && isDone) parts.writes?.succeeded(route.feature);
    return answer;
  });
}

function answerOrStepDown(
  exchange: Exchange,
  route: CompiledRoute,
  skipsCache: boolean,
  prepared: PreparedWrite | null,
  parts: FeatureParts,
): Answer | Promise<Answer> {
  const answer = parts.cache.answer({
    exchange,
    feature: route.feature,
    policy: skipsCache ? noCache : route.cache,
    side: parts.side,
    hasLadder: route.ladder !== null,
    forward: (wanted) => parts.ladders.ask(wanted, route, (asked) => ask(asked, route, parts)),
  });
  if (route.ladder === null) return answer;
  return answer instanceof Promise
    ? answer.then((came) => parts.ladders.answer(exchange, route, came, { prepared }))
    : parts.ladders.answer(exchange, route, answer, { prepared });
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
