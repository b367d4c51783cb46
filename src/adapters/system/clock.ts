import type { Clock, Timer } from '../../ports/clock/port.ts';

/** Node fires a longer timer at once, so longer waits are made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep,
  after: (ms, callback) => startTimer(ms, false, callback),
  every(ms, callback) {
    const timer = setInterval(callback, Math.min(ms, LONGEST_TIMER_MS));
    timer.unref();
    return { cancel: () => clearInterval(timer) };
  },
};

/** Unlike `after` it keeps the process alive: somebody waits for it. */
function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = startTimer(ms, true, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}

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
