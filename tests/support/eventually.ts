import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves with what `look` returns once that is neither false, null nor undefined; fails with
 * `what` after `timeoutMs`. For conditions that come true by themselves, so that no test sleeps for
 * a guessed time.
 */
export async function eventually<Result>(
  what: string,
  look: () => Result | Promise<Result>,
  timeoutMs = 10_000,
): Promise<NonNullable<Result>> {
  const deadlineMs = performance.now() + timeoutMs;
  while (performance.now() < deadlineMs) {
    const result = await look();
    if (result !== false && result !== null && result !== undefined) return result;
    await delay(5);
  }
  assert.fail(`not in ${timeoutMs} ms: ${what}`);
}
