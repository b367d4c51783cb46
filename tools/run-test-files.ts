import { resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { descendantsOf } from './descendants.ts';
import { endNow } from './end-now.ts';

export interface TestCount {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** How long each file took, its start and end included. */
  readonly seconds: ReadonlyMap<string, number>;
}

/**
 * The longest silence of the tests; a hanging one is a failure and not a wait. Tests in a namespace
 * of their own are one test here, however many they are: on a slow machine those that kill take
 * over three minutes together.
 */
const SILENCE_MS = 600_000;

/**
 * Runs test files, each in a process of its own, prints them as they end, and counts single tests.
 * A file that says nothing for `timeoutMs` is ended, with all it started, and counts as failed. The
 * runner's own timeout does not cover a file that stays alive after its tests.
 */
export async function runTestFiles(
  files: readonly string[],
  options: { readonly concurrency: number; readonly timeoutMs?: number },
): Promise<TestCount> {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0, seconds: new Map() };
  const timeoutMs = options.timeoutMs ?? SILENCE_MS;
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  const hung = (): void => {
    failed++;
    console.error(`FAILED  nothing was heard for ${timeoutMs / 1000} s: what still runs is ended`);
    for (const pid of descendantsOf(process.pid)) endNow(pid);
    watchdog.refresh();
  };
  const watchdog = setTimeout(hung, timeoutMs);
  const stream = run({
    files: [...files],
    concurrency: options.concurrency,
    timeout: timeoutMs,
    // `turnout/sdk` is the source here, and not what the package last made of it.
    execArgv: ['--conditions=turnout-source'],
  });
  stream.on('test:pass', (test) => {
    watchdog.refresh();
    if (test.details.type === 'suite') return;
    if (test.skip !== undefined && test.skip !== false) skipped++;
    else passed++;
  });
  stream.on('test:fail', (test) => {
    watchdog.refresh();
    if (test.details.type === 'suite') return;
    failed++;
    // All of it comes at the end, which may be a quarter of an hour away.
    const { error } = test.details;
    console.error(
      `FAILED  ${test.name}: ${error.cause instanceof Error ? error.cause.message : error.message}`,
    );
  });
  const seconds = new Map<string, number>();
  stream.on('test:complete', ({ name, file, details }) => {
    if (file !== undefined && resolve(name) === file)
      seconds.set(file, details.duration_ms / 1_000);
  });
  const lines = stream.compose(new spec());
  for await (const line of lines) process.stdout.write(String(line));
  clearTimeout(watchdog);
  return { passed, failed, skipped, seconds };
}
