import { sleepOn } from '../../ports/clock/sleep-on.ts';
import type { Clock, Timer } from '../../ports/clock/port.ts';

/**
 * A clock that stands still until it is told to advance, so that an hour of waiting takes no time
 * and always goes alike.
 */
export interface SimulatedClock extends Clock {
  /**
   * Moves time forward by `ms`, firing on the way every timer that falls due, in order of due time
   * and, for equal ones, of creation; those that they start are fired too. Between two timers all
   * that was waiting for the first has run.
   */
  advance(ms: number): Promise<void>;
  /** Timers that wait, for a test to see that none was left behind. */
  pending(): number;
}

interface Waiting {
  readonly dueMs: number;
  readonly sequence: number;
  readonly fire: () => void;
}

/** Opens a simulated clock; `startMs` is what `nowMs` says at first. */
export function createSimulatedClock(startMs = 0): SimulatedClock {
  const waiting: Waiting[] = [];
  let elapsedMs = 0;
  let nextSequence = 0;

  const start = (ms: number, fire: () => void): Timer => {
    const entry = { dueMs: elapsedMs + Math.max(0, ms), sequence: nextSequence++, fire };
    const place = waiting.findIndex((other) => other.dueMs > entry.dueMs);
    waiting.splice(place === -1 ? waiting.length : place, 0, entry);
    return {
      cancel() {
        const index = waiting.indexOf(entry);
        if (index !== -1) waiting.splice(index, 1);
      },
    };
  };

  return {
    nowMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    after: start,
    every(ms, callback) {
      const periodMs = Math.max(1, ms);
      let timer: Timer;
      const repeat = () => {
        timer = start(periodMs, repeat);
        callback();
      };
      timer = start(periodMs, repeat);
      return { cancel: () => timer.cancel() };
    },
    sleep: (ms, signal) => sleepOn((wake) => start(ms, wake), signal),
    async advance(ms) {
      const targetMs = elapsedMs + ms;
      await everythingReadyHasRun();
      for (let next = waiting[0]; next && next.dueMs <= targetMs; next = waiting[0]) {
        waiting.shift();
        elapsedMs = next.dueMs;
        next.fire();
        await everythingReadyHasRun();
      }
      elapsedMs = targetMs;
    },
    pending: () => waiting.length,
  };
}

/**
 * An immediate runs only after the queue of promise callbacks is empty, however long it grows
 * meanwhile.
 */
function everythingReadyHasRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
