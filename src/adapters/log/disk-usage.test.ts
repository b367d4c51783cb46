import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { diskUsageBytes } from './disk-usage.ts';

test('counts the bytes of all files, however deep', async () => {
  const folder = await temporaryFolder('disk-usage');
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  writeFileSync(join(folder, 'one'), Buffer.alloc(100));
  writeFileSync(join(folder, 'a/b/two'), Buffer.alloc(23));
  assert.equal(diskUsageBytes(folder), 123);
  rmSync(join(folder, 'a'), { recursive: true });
  assert.equal(diskUsageBytes(folder), 100);
  assert.equal(diskUsageBytes(join(folder, 'never')), 0);
});

test('goes on when another removes folders under it', async () => {
  const folder = await temporaryFolder('disk-usage');
  const vanishing = `
    const { mkdirSync, rmSync } = require('node:fs');
    const { workerData } = require('node:worker_threads');
    for (;;) {
      for (let n = 0; n < 20; n += 1) {
        mkdirSync(workerData + '/' + n + '/deep', { recursive: true });
      }
      for (let n = 0; n < 20; n += 1) rmSync(workerData + '/' + n, { recursive: true });
    }`;
  const other = new Worker(vanishing, { eval: true, workerData: folder });
  try {
    await new Promise((resolve) => other.once('online', resolve));
    const untilMs = performance.now() + 500;
    while (performance.now() < untilMs) assert.equal(diskUsageBytes(folder), 0);
  } finally {
    await other.terminate();
  }
});
