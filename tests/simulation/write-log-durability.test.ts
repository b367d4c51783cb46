import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLogWrites } from '../../src/adapters/log/writes.ts';
import { count, reportNumbers } from '../support/prove.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { judgeTrace } from './sync-trace.ts';

const FIXTURE = join(import.meta.dirname, 'append-and-drain.fixture.ts');
const CALLS = 'openat,write,writev,pwrite64,pwritev,fsync,fdatasync';

interface TracedRun {
  readonly trace: string;
  readonly output: string;
  readonly path: string;
}

/** Runs the fixture under strace. */
async function traced(
  name: string,
  options: {
    readonly sync: 'fdatasync' | 'none';
    readonly writes: number;
    readonly concurrency: number;
    readonly inject?: string;
  },
): Promise<TracedRun> {
  const folder = await temporaryFolder(name);
  const path = join(folder, 'writes');
  const traceFile = join(folder, 'trace');
  const inject = options.inject === undefined ? [] : ['-e', `inject=${options.inject}`];
  const { writes, concurrency } = options;
  const fixture = [process.execPath, FIXTURE, path, options.sync, `${writes}`, `${concurrency}`];
  const strace = ['-f', '-y', '-s', '1000000', '-o', traceFile, '-e', `trace=${CALLS}`, ...inject];
  const run = spawnSync('strace', [...strace, ...fixture], { encoding: 'utf8', timeout: 120_000 });
  assert.equal(
    (run.error as NodeJS.ErrnoException | undefined)?.code,
    undefined,
    'this proof needs strace: install it (Debian: apt-get install strace)',
  );
  assert.equal(run.status, 0, run.stderr);
  return { trace: readFileSync(traceFile, 'utf8'), output: run.stdout, path };
}

for (const concurrency of [1, 16]) {
  test(`each promise comes after the sync that covers it (${concurrency} at a time)`, async () => {
    const writes = count(60, 1_000);
    const { trace } = await traced('trace', { sync: 'fdatasync', writes, concurrency });
    const verdict = judgeTrace(trace);
    reportNumbers('write log, trace', { concurrency, ...verdict });
    assert.deepEqual(verdict.violations, []);
    assert.equal(verdict.promises, 2 * writes, 'every write was acknowledged and settled');
    assert.ok(verdict.syncs > 0);
  });
}

test('the judge finds every acknowledgement at fault when syncing is switched off', async () => {
  const { trace } = await traced('unsynced', { sync: 'none', writes: 40, concurrency: 4 });
  const { violations } = judgeTrace(trace);
  const acknowledged = violations.filter((text) => text.startsWith('acknowledged'));
  assert.equal(acknowledged.length, 40);
});

test('after a failed sync nothing is claimed to be durable, and the log goes on', async () => {
  const { output, path, trace } = await traced('failed-sync', {
    sync: 'fdatasync',
    writes: 40,
    concurrency: 4,
    inject: 'fdatasync:error=EIO:when=3..9+3',
  });
  const told = output.trim().split('\n');
  const rejected = told.filter((line) => line.startsWith('rejected'));
  assert.ok(rejected.length > 0, 'some syncs failed');
  assert.ok(rejected.every((line) => line.endsWith('writes-sync-failed')));
  const acknowledged = told.filter((line) => line.startsWith('acknowledged'));
  const settled = told.filter((line) => line.startsWith('settled'));
  assert.equal(acknowledged.length + rejected.length, 40);
  const replayable = new Set(acknowledged.map((line) => line.split(' ')[1]));
  for (const line of settled) {
    assert.ok(replayable.has(line.split(' ')[1]), `${line}: it had been rejected`);
  }
  assert.deepEqual(judgeTrace(trace).violations, []);
  const writes = await openLogWrites({ path });
  try {
    const { depth, damage } = await writes.stats();
    assert.deepEqual([depth, damage], [0, []]);
  } finally {
    await writes.close();
  }
});
