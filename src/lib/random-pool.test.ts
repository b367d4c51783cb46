import assert from 'node:assert/strict';
import { test } from 'node:test';

import { drawRandomBytes } from './random-pool.ts';

test('nothing is given out twice, and all of it is as long as was asked for', () => {
  const drawn = Array.from({ length: 5_000 }, (_, n) => drawRandomBytes(12 + (n % 3) * 20));
  assert.equal(new Set(drawn.map((bytes) => Buffer.from(bytes).toString('hex'))).size, 5_000);
  for (const [n, bytes] of drawn.entries()) assert.equal(bytes.length, 12 + (n % 3) * 20);
  assert.equal(drawRandomBytes(10_000).length, 10_000);
});

test('every bit of what is drawn is as often set as not', () => {
  const ones = Array.from({ length: 96 }, () => 0);
  for (let n = 0; n < 10_000; n++) {
    const bytes = drawRandomBytes(12);
    for (let bit = 0; bit < 96; bit++) {
      ones[bit] = (ones[bit] ?? 0) + (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1);
    }
  }
  // Eight standard deviations: once in more runs than there will ever be.
  for (const count of ones) assert.ok(Math.abs(count - 5_000) < 400, `${count} of 10,000`);
});
