import type { RungPolicy } from '../../../derive/policies/policies.ts';
import type { Answer, Exchange } from '../../exchange.ts';
import type { CompiledRoute } from '../route/compile-routes.ts';

export type QueueRung = Extract<RungPolicy, { readonly kind: 'queue' }>;

/** Where the rung `queue` puts a write. */
export interface WriteQueue {
  /**
   * The receipt of a write that is kept, once it is on disk; null where it cannot be queued: then
   * the next rung is taken. `prepared` is what was made of the write before it was first tried,
   * null where that was not done.
   */
  queue(
    exchange: Exchange,
    route: CompiledRoute,
    rung: QueueRung,
    prepared: object | null,
  ): Promise<Answer> | null;
}

/** For a worker that keeps no writes. */
export const noWriteQueue: WriteQueue = { queue: () => null };
