import type { RunningKeeper } from './run-keeper.ts';

/**
 * A second signal this soon is the same one: a terminal sends Ctrl-C to the whole group, and npm
 * passes it on once more.
 */
const sameSignalMs = 500;

/**
 * Makes this process behave as a keeper: SIGTERM, Ctrl-C and a closed terminal take the site down
 * in order, a second one cuts that short; SIGUSR2 replaces the workers one by one. The process ends
 * when the site is down.
 */
export function onKeeperSignals(keeper: RunningKeeper, report: (text: string) => void): void {
  const immediately = new AbortController();
  let firstAtMs: number | null = null;
  const stop = (): void => {
    const nowMs = performance.now();
    if (firstAtMs === null) {
      firstAtMs = nowMs;
      report('stopping; once more to wait for nothing');
      keeper.takeDown(report, immediately.signal).then(
        () => process.exit(0),
        (error: unknown) => {
          report(`stopping failed: ${error instanceof Error ? error.message : String(error)}`);
          process.exit(1);
        },
      );
    } else if (nowMs - firstAtMs > sameSignalMs && !immediately.signal.aborted) {
      report('waiting for nothing any more');
      immediately.abort();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.on('SIGUSR2', () => void keeper.replaceWorkers());
  // A terminal that is gone must not end the process that is about to stop the site.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
