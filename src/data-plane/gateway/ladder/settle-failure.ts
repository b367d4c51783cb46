import type { Readable } from 'node:stream';

import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import { without } from '../../edge/cache/flat-headers.ts';
import type { Answer } from '../../exchange.ts';

/** Longer words of a service about its failure are left out. */
const LONGEST_BYTES = 64 * 1024;
/** What has not come by then is left out too: most of those who wait get a rung in its place. */
const PATIENCE_MS = 500;
const ofBody = new Set(['content-length', 'content-type', 'content-encoding', 'content-range']);

/**
 * A service's failure with its body at hand, so that any number of those who asked for the same may
 * be told of it.
 */
export function settleFailure(answer: Answer, wheel: TimerWheel): Answer | Promise<Answer> {
  const { body } = answer;
  if (body === null || body instanceof Uint8Array) return answer;
  return readShort(body, wheel).then((bytes) => ({
    ...answer,
    headers: bytes === null ? without(answer.headers, ofBody) : answer.headers,
    body: bytes,
  }));
}

/** Null where it does not come whole, in time, or not that long. */
function readShort(body: Readable, wheel: TimerWheel): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (whole: Buffer | null): void => {
      late.cancel();
      if (whole === null) body.destroy();
      resolve(whole);
    };
    const late = wheel.arm(PATIENCE_MS, () => end(null));
    body.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > LONGEST_BYTES) end(null);
    });
    body.once('end', () => end(Buffer.concat(chunks)));
    body.once('error', () => end(null));
    body.once('close', () => end(null));
  });
}
