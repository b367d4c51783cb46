import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

test('no file, export or dependency is unused', () => {
  const { status, stdout, stderr } = spawnSync('knip', ['--no-progress', '--exclude', 'types'], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
});
