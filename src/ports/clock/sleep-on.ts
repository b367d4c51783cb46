import type { Timer } from './port.ts';

/**
 * Waits on a timer of any clock: resolves when it fires; once `signal` is aborted the timer is
 * given up and this rejects with the signal's reason.
 */
export function sleepOn(start: (wake: () => void) => Timer, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = start(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
