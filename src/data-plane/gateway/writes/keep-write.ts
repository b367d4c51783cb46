import { sealWrite } from '../../../contract/queued-write.ts';
import type { WriteKeys } from '../../../contract/write-keys.ts';
import { TurnoutError } from '../../../lib/errors.ts';
import type { LogFields } from '../../../lib/log.ts';
import type { AcceptedWrite, Writes } from '../../../ports/writes/port.ts';
import type { Answer, Exchange } from '../../exchange.ts';
import { problemAnswer } from '../../problems.ts';
import type { CompiledRoute, Side } from '../route/compile-routes.ts';
import type { QueueRung } from './compile-queue.ts';
import { keptAnswer } from './kept-answer.ts';
import type { PreparedWrite } from './prepare-write.ts';
import { queuedHead } from './queued-head.ts';

interface Parts {
  readonly writes: Pick<Writes, 'append'>;
  readonly keys: WriteKeys;
  readonly side: Side;
  warn(message: string, fields: LogFields): void;
}

/**
 * Keeps a write for later, and answers once it is on disk. Where it cannot be kept, that is said
 * plainly: it was not accepted, and the client may send it again.
 */
export async function keepWrite(
  exchange: Exchange,
  route: CompiledRoute,
  rung: QueueRung,
  write: PreparedWrite,
  { writes, keys, side, warn }: Parts,
): Promise<Answer> {
  const { id, token, body, order, orderName, queue } = write;
  const { feature } = route;
  const head = queuedHead(exchange, side, queue.credential, order);
  let accepted: AcceptedWrite;
  try {
    accepted = await writes.append({
      id,
      feature,
      key: orderName,
      body: sealWrite(keys, feature, id, { head, body }),
      forMs: rung.forMs,
    });
  } catch (error) {
    const code = error instanceof TurnoutError ? error.code : 'unexpected';
    warn('A write could not be kept', { feature, code, reason: String(error) });
    return notKept(exchange);
  }
  return keptAnswer(exchange, queue, { token, ...accepted });
}

export function notKept(exchange: Exchange): Answer {
  return problemAnswer('write-not-kept', {
    detail: 'Nothing was taken. Try again in a moment.',
    requestId: exchange.id,
    headers: ['retry-after', '5'],
  });
}

/** Its service may or may not have done it, and a second time would be another one. */
export function outcomeUnknown(exchange: Exchange): Answer {
  return problemAnswer('outcome-unknown-failed', {
    detail: 'It may or may not have taken effect: look before you send it again.',
    requestId: exchange.id,
  });
}
