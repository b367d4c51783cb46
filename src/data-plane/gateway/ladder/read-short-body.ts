import type { Readable } from 'node:stream';

import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import type { Answer } from '../../exchange.ts';

/** A body as a whole; null where it does not come whole, in time, or not that long. */
export async function readShortBody(
  body: Answer['body'],
  limits: { readonly bytes: number; readonly ms: number },
  wheel: TimerWheel,
): Promise<Buffer | null> {
  if (body === null) return Buffer.alloc(0);
  if (body instanceof Uint8Array) return body.length > limits.bytes ? null : Buffer.from(body);
  return readStream(body, limits, wheel);
}

function readStream(
  body: Readable,
  limits: { readonly bytes: number; readonly ms: number },
  wheel: TimerWheel,
): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (whole: Buffer | null): void => {
      late.cancel();
      if (whole === null) body.destroy();
      resolve(whole);
    };
    const late = wheel.arm(limits.ms, () => end(null));
    body.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > limits.bytes) end(null);
    });
    body.once('end', () => end(Buffer.concat(chunks)));
    body.once('error', () => end(null));
    body.once('close', () => end(null));
  });
}
