import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { leftRunning, TEST_RUN_VARIABLE } from './left-running.ts';

test('what a run started is found though nobody is its parent any more', async () => {
  const run = `left-running-${process.pid}`;
  const env = { ...process.env, [TEST_RUN_VARIABLE]: run };
  const shell = spawn('sh', ['-c', 'sleep 1000 & echo $!'], {
    detached: true,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(shell.stdout, 'data')) as [Buffer];
  const pid = Number(String(line));
  assert.deepEqual(leftRunning(run), [{ pid, command: 'sleep 1000' }]);
  process.kill(pid, 'SIGKILL');
  while (leftRunning(run).length > 0) await new Promise((done) => setTimeout(done, 10));
});
