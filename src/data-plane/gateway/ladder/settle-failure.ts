import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import { without } from '../../edge/cache/flat-headers.ts';
import type { Answer } from '../../exchange.ts';
import { readShortBody } from './read-short-body.ts';

/**
 * Longer words of a service about its failure, and what has not come by then, are left out: most of
 * those who wait get a rung in its place.
 */
const limits = { bytes: 64 * 1024, ms: 500 };
const ofBody = new Set(['content-length', 'content-type', 'content-encoding', 'content-range']);

/**
 * A service's failure with its body at hand, so that any number of those who asked for the same may
 * be told of it.
 */
export function settleFailure(answer: Answer, wheel: TimerWheel): Answer | Promise<Answer> {
  const { body } = answer;
  if (body === null || body instanceof Uint8Array) return answer;
  return readShortBody(body, limits, wheel).then((bytes) => ({
    ...answer,
    headers: bytes === null ? without(answer.headers, ofBody) : answer.headers,
    body: bytes,
  }));
}
