import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import type { Clock } from '../../../ports/clock/port.ts';

/** Two clocks that are read one after the other differ by less. */
const SET_MS = 1_000;

/**
 * Tells what milliseconds since the epoch a time of the clock that only grows was: the same each
 * time it is asked, until the wall clock is set. Else all that is told of would seem to change.
 */
export function steadyEpoch(
  clock: Pick<Clock, 'nowMs'>,
  wheel: Pick<TimerWheel, 'nowMs'>,
): (monotonicMs: number) => number {
  let aheadMs = Number.NaN;
  return (monotonicMs) => {
    const nowAheadMs = clock.nowMs() - wheel.nowMs;
    if (!(Math.abs(nowAheadMs - aheadMs) < SET_MS)) aheadMs = nowAheadMs;
    return Math.round(monotonicMs + aheadMs);
  };
}
