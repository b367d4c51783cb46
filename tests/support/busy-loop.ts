import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * The longest turn of the loop that is burnt at once, whatever the other processes of the machine
 * do.
 */
const LONGEST_BURST_MS = 10;

/**
 * Keeps this process's event loop busy for `share` of the time (0.7 is 70 %) until the signal
 * aborts: for each idle while it burns the time that makes up the share. Returns the share that was
 * reached.
 */
export async function keepBusy(share: number, signal: AbortSignal): Promise<number> {
  const start = performance.eventLoopUtilization();
  let idleFromMs = performance.now();
  while (!signal.aborted) {
    await delay(1);
    const idleMs = performance.now() - idleFromMs;
    const burnMs = Math.min((idleMs * share) / (1 - share), LONGEST_BURST_MS);
    const untilMs = performance.now() + burnMs;
    while (performance.now() < untilMs);
    idleFromMs = performance.now();
  }
  return performance.eventLoopUtilization(start).utilization;
}
