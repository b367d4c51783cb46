import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mountSmallDisk } from '../../tests/support/small-disk.ts';
import { rotateLog } from './rotate-log.ts';

test('a log that has filled the disk is cut, although there is no room for a copy', () => {
  const disk = mountSmallDisk(1024 * 1024);
  const file = join(disk.folder, 'runaway.log');
  appendFileSync(file, Buffer.alloc(700 * 1024, 'x'));
  disk.fill();
  const limits = { limitBytes: 100 * 1024, keep: 2 };
  assert.equal(rotateLog(file, limits), true);
  assert.equal(statSync(file).size, 0);
  assert.deepEqual(readdirSync(disk.folder).sort(), ['ballast', 'runaway.log']);
  appendFileSync(file, Buffer.alloc(200 * 1024, 'y'));
  assert.equal(rotateLog(file, limits), true);
  assert.equal(statSync(`${file}.1`).size, 200 * 1024);
});
