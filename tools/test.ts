import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { globSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endNow } from './end-now.ts';
import { leftRunning, TEST_RUN_VARIABLE } from './left-running.ts';
import { runTestFiles, type TestCount } from './run-test-files.ts';

/**
 * `npm test`: every kind of check in small counts. Format, lint and types first, then the tests
 * beside the code, then those that start real processes, two or three files at a time, and one at a
 * time those that would disturb others or be disturbed.
 *
 * `npm test -- src/lib upgrade` runs only test files whose path holds one of those texts.
 */
const SLOWEST_SHOWN = 25;

const filters = process.argv.slice(2);
const seed = process.env['TURNOUT_SEED'] ?? String(randomInt(2 ** 31));
const testRun = `${seed}-${process.pid}`;
process.env['TURNOUT_SEED'] = seed;
process.env[TEST_RUN_VARIABLE] = testRun;
// Each file is a process, and most of what it loads another one has compiled before.
process.env['NODE_COMPILE_CACHE'] ??= resolve('node_modules/.cache/tests');

const checks: readonly (readonly [name: string, command: string, args: readonly string[]])[] = [
  ['format', 'oxfmt', ['--check']],
  ['lint', 'oxlint', ['--deny-warnings']],
  ['types', 'tsc', ['-p', '.']],
];

/** Tests of a part of the product within their own process, or of text alone. */
const inProcess = [
  'src/**/*.test.ts',
  'examples/**/*.test.ts',
  'tools/**/*.test.ts',
  'tests/tidy/**/*.test.ts',
];
/** Workers and origins on sockets, each file in a process of its own. */
const onSockets = ['tests/conformance/**/*.test.ts'];
/** These start whole sites or browsers. */
const wholeSites = ['tests/end-to-end/**/*.test.ts', 'tests/simulation/**/*.test.ts'];
/**
 * Of those, the ones that load the machine or hold something against the clock: nothing runs beside
 * them.
 */
const alone = [
  'bans',
  'campaign-failover',
  'campaign-start',
  'faults',
  'flag-changes',
  'frontend-switches',
  'full-disk',
  'kill-an-instance',
  'kills/',
  'links',
  'plain-head',
  'requests-fuzz',
  'shedding',
  'spike',
  'supervisor',
  'write-log',
];
/** Those that kill, copy or show much, two at a time; what is in neither list mostly waits. */
const inPairs = [
  'backup',
  'base-backup',
  'campaign',
  'killed',
  'ledger-kills',
  'lost-servers',
  'replaced',
  'secrets-kills',
  'upgrade',
];

type Company = 'alone' | 'in pairs' | 'waiting';

function companyOf(file: string): Company {
  const isOf = (names: readonly string[]): boolean =>
    names.some((name) => file.replace(/^tests\/[^/]+\//, '').startsWith(name));
  if (isOf(alone)) return 'alone';
  return isOf(inPairs) ? 'in pairs' : 'waiting';
}

function isWanted(file: string): boolean {
  return filters.length === 0 || filters.some((text) => file.includes(text));
}

function wanted(patterns: readonly string[]): string[] {
  const files = globSync([...patterns], { exclude: ['**/node_modules/**', '**/.turnout/**'] });
  return files.filter(isWanted).sort();
}

function runChecks(): number {
  let failed = 0;
  for (const [name, command, args] of checks) {
    const startedMs = Date.now();
    const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    console.log(`${status === 0 ? 'ok' : 'FAILED'}  ${name} (${Date.now() - startedMs} ms)`);
    if (status !== 0) failed++;
  }
  return failed;
}

/** Where the time goes: a run that takes too long is shortened there. */
function slowest(all: readonly TestCount[]): readonly (readonly [file: string, seconds: number])[] {
  const files = all.flatMap(({ seconds }) => [...seconds]);
  return files.sort((a, b) => b[1] - a[1]).slice(0, SLOWEST_SHOWN);
}

/** A process that a test leaves behind is a failure, and is ended. */
async function endWhatIsLeft(): Promise<number> {
  for (let n = 0; n < 50 && leftRunning(testRun).length > 0; n++) await sleep(100);
  const left = leftRunning(testRun);
  for (const { pid, command } of left) {
    console.error(`FAILED  process ${pid} was left running by a test: ${command}`);
    endNow(pid);
  }
  return left.length;
}

const startedMs = Date.now();
console.log(`seed: ${seed} (replay with TURNOUT_SEED=${seed})`);
const checksFailed = filters.length === 0 ? runChecks() : 0;
const checksPassed = filters.length === 0 ? checks.length - checksFailed : 0;

const counts: TestCount[] = [];
let files = 0;
const sites = Map.groupBy(wanted(wholeSites), companyOf);
const groups = [
  { name: 'beside the code', found: wanted(inProcess), concurrency: 2 },
  { name: 'on sockets', found: wanted(onSockets), concurrency: 3 },
  { name: 'of sites that mostly wait', found: sites.get('waiting') ?? [], concurrency: 3 },
  { name: 'of sites that do much', found: sites.get('in pairs') ?? [], concurrency: 2 },
  { name: 'alone', found: sites.get('alone') ?? [], concurrency: 1 },
];
const took: string[] = [];
for (const { name, found, concurrency } of groups) {
  if (found.length === 0) continue;
  const begunMs = Date.now();
  files += found.length;
  counts.push(await runTestFiles(found, { concurrency }));
  const seconds = Math.round((Date.now() - begunMs) / 1_000);
  took.push(`${found.length} files ${name}, ${concurrency} at a time, in ${seconds} s`);
}

const passed = checksPassed + counts.reduce((sum, count) => sum + count.passed, 0);
const left = await endWhatIsLeft();
const failed = checksFailed + left + counts.reduce((sum, count) => sum + count.failed, 0);
const skipped = counts.reduce((sum, count) => sum + count.skipped, 0);
const seconds = Math.round((Date.now() - startedMs) / 1000);
for (const [file, seconds] of slowest(counts)) {
  console.log(`${seconds.toFixed(1).padStart(7)} s  ${relative('.', file)}`);
}
for (const line of took) console.log(line);
console.log(`seed ${seed}, ${files} files, ${seconds} s`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
if (failed > 0 || passed === 0) process.exitCode = 1;
