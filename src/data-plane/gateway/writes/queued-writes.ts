import type { Log } from '../../../lib/log.ts';
import type { Randomness } from '../../../ports/randomness/port.ts';
import type { Answer, Exchange } from '../../exchange.ts';
import type { AnswerFailure } from '../../failure.ts';
import type { CompiledRoute } from '../route/compile-routes.ts';
import type { QueueRung } from './compile-queue.ts';
import { keptAnswer } from './kept-answer.ts';
import { keepWrite, notKept, outcomeUnknown } from './keep-write.ts';
import { type Preparation, prepareWrite, type PreparedWrite } from './prepare-write.ts';
import type { QueueParts } from './queue-parts.ts';
import { BodyBudget } from './read-bounded-body.ts';
import type { Replay } from './replay/replay.ts';
import { writeStatus } from './write-status.ts';

/** Of one worker, for the bodies that are being read. */
const BODIES_BYTES = 64 * 1024 * 1024;

/** A write of a route that queues, before anything else is done for it. */
export type BegunWrite = Preparation | { readonly kind: 'queued'; readonly answer: Answer };

/** Writes of features that declare `queue`: prepared, kept, and told of. */
export class QueuedWrites {
  readonly #parts: QueueParts;
  readonly #randomness: Randomness;
  readonly #log: Log;
  #replay: Pick<Replay, 'seenWell'> | null = null;
  readonly #bodies = new BodyBudget(BODIES_BYTES);

  constructor(parts: QueueParts, randomness: Randomness, log: Log) {
    this.#parts = parts;
    this.#randomness = randomness;
    this.#log = log;
  }

  /**
   * Before anything else is done for a request: null for one that is no write of a route that
   * queues. `queued` where others of its order wait already, so that it went behind them.
   */
  prepare(exchange: Exchange, route: CompiledRoute): Promise<BegunWrite> | null {
    const { queue } = route;
    if (queue === null || !queue.methods.has(exchange.request.method)) return null;
    const keys = this.#parts.keys();
    if (keys === null) return null;
    const parts = { keys, randomness: this.#randomness, bodies: this.#bodies };
    return prepareWrite(exchange, route, queue, parts).then((begun) =>
      // In the usual case nothing waits anywhere, and to know that takes no time.
      begun.kind !== 'prepared' || this.#parts.writes.quiet()
        ? begun
        : this.#queueBehind(exchange, route, begun),
    );
  }

  /**
   * The `queue` rung. Null where the request cannot be queued, so that the next rung may answer.
   * After a failure that leaves open whether the write took effect it is queued only where the
   * service does it once.
   */
  keep(
    exchange: Exchange,
    route: CompiledRoute,
    rung: QueueRung,
    write: PreparedWrite | null,
    failure: AnswerFailure,
  ): Answer | Promise<Answer> | null {
    if (write === null) return null;
    if (failure.reached && !route.policy.once) return outcomeUnknown(exchange);
    return this.#keep(exchange, route, rung, write);
  }

  /** Right to replay what was queued, as long as it is open; see `Replay`. */
  replayBy(replay: Pick<Replay, 'seenWell'>): void {
    this.#replay = replay;
  }

  /** A write went well without being queued. */
  succeeded(feature: string): void {
    this.#replay?.seenWell(feature);
  }

  status(exchange: Exchange): Promise<Answer> {
    const { writes, keys } = this.#parts;
    return writeStatus(exchange, { writes, keys: keys() });
  }

  /** A write that overtook those before it would undo what they say. */
  async #queueBehind(
    exchange: Exchange,
    route: CompiledRoute,
    prepared: Extract<Preparation, { kind: 'prepared' }>,
  ): Promise<BegunWrite> {
    const { write } = prepared;
    const { writes } = this.#parts;
    let waiting: number;
    try {
      waiting = await writes.backlog(route.feature, write.orderName);
    } catch (error) {
      // To answer nobody any more because a queue cannot be read would be worse than its order.
      const fields = { feature: route.feature, reason: String(error) };
      this.#log.warn('Whether writes wait cannot be told; this one goes on', fields);
      return prepared;
    }
    if (waiting === 0) return prepared;
    const again = write.isKeyed ? await this.#sameOne(exchange, write) : null;
    const answer = again ?? (await this.#keep(exchange, route, write.queue.rung, write));
    return { kind: 'queued', answer };
  }

  /** The answer to a second try of a write that waits itself: it need not wait twice. */
  async #sameOne(exchange: Exchange, write: PreparedWrite): Promise<Answer | null> {
    const found = await this.#parts.writes.find(write.id).catch(() => null);
    if (found?.kind !== 'queued' && found?.kind !== 'replaying') return null;
    return keptAnswer(exchange, write.queue, { token: write.token, ...found });
  }

  #keep(
    exchange: Exchange,
    route: CompiledRoute,
    rung: QueueRung,
    write: PreparedWrite,
  ): Answer | Promise<Answer> {
    const { writes, keys } = this.#parts;
    const own = keys();
    if (own === null) return notKept(exchange);
    const warn = this.#log.warn.bind(this.#log);
    return keepWrite(exchange, route, rung, write, { writes, keys: own, side: route.side, warn });
  }
}
