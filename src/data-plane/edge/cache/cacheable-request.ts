import type { Answer, Exchange } from '../../exchange.ts';
import type { CachePolicy } from './judge-answer.ts';

/** A request for a route, and what the cache must know to answer or forward it. */
export interface CacheableRequest {
  readonly exchange: Exchange;
  readonly feature: string;
  readonly policy: CachePolicy;
  /** Keeps apart what is asked on the public side and between services. */
  readonly side: string;
  /**
   * What stands in for a failure is declared: only what the origin allows by `stale-if-error` goes
   * before that, and failures are told as such to all who wait, and never kept.
   */
  readonly hasLadder: boolean;
  forward(exchange: Exchange): Answer | Promise<Answer>;
}
