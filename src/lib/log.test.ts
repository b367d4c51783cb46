import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createLog } from './log.ts';
import { rotateLog } from './rotate-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnout-log-'));
after(() => rmSync(folder, { recursive: true }));

test('every line is one JSON object, however large its fields', () => {
  const file = join(folder, 'a.log');
  const fd = openSync(file, 'a');
  const log = createLog(fd, 'controller');
  log.info('small', { service: 'donations' });
  log.error('large', { output: 'x'.repeat(100_000) });
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const [small, large] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(small?.['service'], 'donations');
  assert.equal(small?.['process'], 'controller');
  assert.equal(large?.['message'], 'large');
  assert.equal(large?.['truncated'], true);
  closeSync(fd);
});

test('a full disk is counted and never thrown', () => {
  const fd = openSync('/dev/full', 'a');
  assert.doesNotThrow(() => createLog(fd, 'worker-1').info('nobody reads this'));
  closeSync(fd);
});

test('rotation keeps the newest pieces and the open writer goes on at the start', () => {
  const file = join(folder, 'b.log');
  const fd = openSync(file, 'a');
  const limits = { limitBytes: 10, keep: 2 };
  for (const word of ['first', 'second', 'third']) {
    writeSync(fd, `${word} ${'.'.repeat(10)}\n`);
    assert.equal(rotateLog(file, limits), true);
  }
  writeSync(fd, 'now\n');
  assert.equal(rotateLog(file, limits), false);
  assert.equal(readFileSync(file, 'utf8'), 'now\n');
  assert.match(readFileSync(`${file}.1`, 'utf8'), /^third/);
  assert.match(readFileSync(`${file}.2`, 'utf8'), /^second/);
  assert.throws(() => readFileSync(`${file}.3`));
  closeSync(fd);
});
