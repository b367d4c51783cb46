import assert from 'node:assert/strict';
import { test } from 'node:test';
import { laterPosition, walBytes, walDistance, walSegments } from './wal-position.ts';

test('a position is a byte offset, and two of them a distance', () => {
  assert.equal(walBytes('0/16B3748'), 23_803_720n);
  assert.equal(walDistance('0/FFFFFFFF', '1/0'), 1);
  assert.equal(walDistance('1/0', '0/FFFFFFFF'), -1);
  assert.equal(laterPosition('A/1', '9/FFFFFFFF'), 'A/1');
  assert.throws(() => walBytes('never'), /no position/);
});

test('segments run on over the end of a step, on one timeline only', () => {
  assert.deepEqual(walSegments('0000000100000000000000FE', '000000010000000100000001'), [
    '0000000100000000000000FE',
    '0000000100000000000000FF',
    '000000010000000100000000',
    '000000010000000100000001',
  ]);
  assert.throws(
    () => walSegments('000000010000000000000002', '000000010000000000000001'),
    /no run/,
  );
  assert.throws(
    () => walSegments('000000010000000000000001', '000000020000000000000001'),
    /no run/,
  );
});
