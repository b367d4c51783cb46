import { sleepOn } from '../../ports/clock/sleep-on.ts';
import type { Clock, Timer } from '../../ports/clock/port.ts';

/** Node fires a longer timer at once, so longer waits are made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  // Unlike `after` it keeps the process alive: somebody waits for it.
  sleep: (ms, signal) => sleepOn((wake) => startTimer(ms, true, wake), signal),
  after: (ms, callback) => startTimer(ms, false, callback),
  every(ms, callback) {
    const timer = setInterval(callback, Math.min(ms, LONGEST_TIMER_MS));
    timer.unref();
    return { cancel: () => clearInterval(timer) };
  },
};

function startTimer(ms: number, keepAlive: boolean, callback: () => void): Timer {
  let timer: NodeJS.Timeout;
  const wait = (remainingMs: number) => {
    const stepMs = Math.min(remainingMs, LONGEST_TIMER_MS);
    timer = setTimeout(() => {
      if (remainingMs > stepMs) wait(remainingMs - stepMs);
      else callback();
    }, stepMs);
    if (!keepAlive) timer.unref();
  };
  wait(ms);
  return { cancel: () => clearTimeout(timer) };
}
