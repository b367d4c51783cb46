import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'turnout-runner-'));
after(() => rmSync(folder, { recursive: true }));

test('a test file that stays alive after its tests is ended and counts as failed', () => {
  const file = join(folder, 'hanging.test.js');
  writeFileSync(
    file,
    `import { test } from 'node:test';
    import { spawn } from 'node:child_process';
    setInterval(() => {}, 1000);
    process.on('SIGTERM', () => {});
    test('passes', () => {});
    spawn('sleep', ['1000'], { stdio: 'inherit' });`,
  );
  const runner = new URL('run-test-files.ts', import.meta.url).href;
  const script = join(folder, 'run.js');
  writeFileSync(
    script,
    `import { runTestFiles } from '${runner}';
    const files = [${JSON.stringify(file)}];
    const count = await runTestFiles(files, { concurrency: 1, timeoutMs: 1500 });
    console.log(JSON.stringify(count));`,
  );
  // Without this the runner would take itself for a test file of ours and run nothing.
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const { stdout, stderr } = spawnSync(process.execPath, [script], {
    encoding: 'utf8',
    env: environment,
    timeout: 60_000,
  });
  assert.match(stderr, /nothing was heard for 1\.5 s/);
  const { passed, failed } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
    passed: number;
    failed: number;
  };
  assert.ok(passed <= 1 && failed >= 1, stdout);
});
