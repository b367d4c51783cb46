import { Readable } from 'node:stream';

import type { SharedCache } from '../edge/cache/shared-cache.ts';
import type { Answer, Exchange } from '../exchange.ts';
import type { AnswerFailure } from '../failure.ts';
import { attempt, type AttemptParts } from './attempt/attempt.ts';
import type { CompiledRoute, Side } from './route/compile-routes.ts';
import type { QueueRung } from './writes/compile-queue.ts';
import type { PreparedWrite } from './writes/prepare-write.ts';
import type { QueuedWrites } from './writes/queued-writes.ts';

/** What the way of a request to a feature works with. */
export interface FeatureParts extends AttemptParts {
  /** Whose requests these are: the public's, or those of the site's own services. */
  readonly side: Side;
  readonly cache: Pick<SharedCache, 'answer'>;
  /** Null where nothing can be queued. */
  readonly writes: QueuedWrites | null;
}

const noCache = { kind: 'none', missingMs: null } as const;

/**
 * The way of a request that a route has taken, in this order: a write that may be queued is made
 * ready for it; what is kept answers where it may; else an instance of the service is asked; a
 * write whose service has failed is kept.
 */
export function serveFeature(
  exchange: Exchange,
  route: CompiledRoute,
  skipsCache: boolean,
  parts: FeatureParts,
): Answer | Promise<Answer> {
  const preparing = parts.writes?.prepare(exchange, route, parts.side) ?? null;
  if (preparing === null) return ask(exchange, route, skipsCache, parts);
  return preparing.then(async (begun) => {
    if (begun.kind === 'refused' || begun.kind === 'queued') return begun.answer;
    const answer = await ask(exchange, route, skipsCache, parts);
    if (begun.kind === 'plain') return answer;
    return keepFailed(exchange, route, answer, begun.write, parts);
  });
}

function ask(
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
    forward: (wanted) => attempt(wanted, route, parts),
  });
}

function keepFailed(
  exchange: Exchange,
  route: CompiledRoute,
  answer: Answer,
  write: PreparedWrite,
  { writes, side }: FeatureParts,
): Answer | Promise<Answer> {
  const { failure } = answer;
  if (failure === undefined) {
    writes?.succeeded(route.feature);
    return answer;
  }
  const rung = queueRung(route, failure, exchange.request.method);
  if (rung === null) return answer;
  const kept = writes?.keep(exchange, route, side, rung, write, failure) ?? null;
  if (kept === null) return answer;
  // What the service said is told to nobody: its connection must not wait for a reader.
  if (answer.body instanceof Readable) answer.body.destroy();
  return kept;
}

/** Of the step for the need that was lost, else of `otherwise`. */
function queueRung(
  { policy }: CompiledRoute,
  { need }: AnswerFailure,
  method: string,
): QueueRung | null {
  const { ladder } = policy;
  const step =
    ladder.find((each) => need !== null && each.need === need) ??
    ladder.find((each) => each.need === null);
  const rungs = step?.rungs.filter((rung) => rung.kind === 'queue') ?? [];
  return rungs.find((rung) => rung.methods.includes(method)) ?? null;
}
