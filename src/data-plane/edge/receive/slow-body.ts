import type { Readable } from 'node:stream';

import type { TimerWheel } from '../../../lib/timer-wheel.ts';

/** Over which a rate is taken: an honest client may stand still for as long. */
export const RATE_PERIOD_MS = 10_000;

/**
 * Calls `tooSlow` where a body brings less than `bytesPerSecond` over a period and nothing of it
 * waits for the service: then the client is what is waited for. `bytesRead` counts all that its
 * connection brought.
 */
export function boundBodyRate(
  body: Readable,
  bytesRead: () => number,
  bytesPerSecond: number,
  wheel: TimerWheel,
  tooSlow: () => void,
): void {
  const least = (bytesPerSecond * RATE_PERIOD_MS) / 1_000;
  let before = bytesRead();
  const timeout = wheel.arm(RATE_PERIOD_MS, () => {
    const now = bytesRead();
    if (body.readableLength === 0 && now - before < least) {
      tooSlow();
      return;
    }
    before = now;
    timeout.rearm(RATE_PERIOD_MS);
  });
  body.once('end', () => timeout.cancel());
  body.once('close', () => timeout.cancel());
}
