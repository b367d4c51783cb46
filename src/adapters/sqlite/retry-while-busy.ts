import { setTimeout as delay } from 'node:timers/promises';
import { isBusy } from './failures.ts';

/** Locks are held for about a millisecond; a longer pause than this only adds to a change's age. */
const LONGEST_PAUSE_MS = 25;

/**
 * Runs `operation` until it no longer meets a lock (SQLITE_BUSY), pausing for a jittered, growing
 * while in between, for at most `timeoutMs`; then throws what it met last. The thread goes on with
 * other work during the pauses.
 */
export async function retryWhileBusy<Result>(
  operation: () => Result,
  timeoutMs: number,
): Promise<Result> {
  const deadlineMs = performance.now() + timeoutMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return operation();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadlineMs) throw error;
      await delay(pauseMs(attempt));
    }
  }
}

/**
 * How long to leave a lock to others before attempt `attempt` + 1, so that waiting processes do not
 * march in step.
 */
export function pauseMs(attempt: number): number {
  return Math.ceil(Math.min(2 ** attempt, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2));
}
