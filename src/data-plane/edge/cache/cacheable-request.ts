import type { Answer, Exchange } from '../../exchange.ts';
import type { CachePolicy } from './judge-answer.ts';

/** A request for a route, and what the cache must know to answer or forward it. */
export interface CacheableRequest {
  readonly exchange: Exchange;
  readonly feature: string;
  readonly policy: CachePolicy;
  /** Keeps apart what is asked on the public side and between services. */
  readonly side: string;
  forward(exchange: Exchange): Answer | Promise<Answer>;
}
