import type { Answer, Exchange } from './exchange.ts';
import { HEALTH_PATH, type HealthAnswers } from './gateway/saying/health-answers.ts';
import type { FeatureParts } from './gateway/serve-feature.ts';
import { WRITES_PATH } from './gateway/writes/kept-answer.ts';
import type { Ofrep } from './ofrep/ofrep.ts';

export interface OwnAnswerParts extends Pick<FeatureParts, 'side' | 'writes'> {
  readonly health: Pick<HealthAnswers, 'answer'>;
  readonly ofrep: Pick<Ofrep, 'answer'>;
}

/**
 * What is asked of the site itself, at addresses that no route can take: how it stands, how a write
 * stands that was kept for later, and, of its own services alone, what flags say.
 */
export function ownAnswer(
  exchange: Exchange,
  { side, health, writes, ofrep }: OwnAnswerParts,
): Answer | Promise<Answer> | null {
  const { path } = exchange.request;
  if (path === HEALTH_PATH) return health.answer(exchange, side);
  if (writes !== null && path.startsWith(WRITES_PATH)) return writes.status(exchange);
  return side === 'internal' ? ofrep.answer(exchange) : null;
}
