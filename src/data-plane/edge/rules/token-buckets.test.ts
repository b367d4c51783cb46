import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBuckets } from './token-buckets.ts';

test('lets a burst through, then as much as the rate, and says how long to wait', () => {
  const buckets = new TokenBuckets({ perSecond: 2, burst: 3 });
  const taken = [0, 0, 0, 0].map((nowMs) => buckets.take('a', nowMs));
  assert.deepEqual(taken, [0, 0, 0, 500]);
  assert.equal(buckets.take('a', 250), 250);
  assert.equal(buckets.take('a', 500), 0);
  assert.equal(buckets.take('b', 500), 0, 'each key has its own');
  assert.equal(buckets.take('a', 60_000), 0);
});

test('a crowd of other keys never lets go of one that is held back', () => {
  const buckets = new TokenBuckets({ perSecond: 0.001, burst: 1 }, 100);
  assert.equal(buckets.take('held', 0), 0);
  for (let n = 0; n < 10_000; n++) buckets.take(`other-${n}`, n);
  assert.ok(buckets.take('held', 10_000) > 0);
  assert.equal(buckets.size, 100);
});

test('what is full again makes room for others', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, 100);
  for (let n = 0; n < 1_000; n++) assert.equal(buckets.take(`key-${n}`, n * 20), 0);
  assert.ok(buckets.size <= 100);
});

test('where there is no room, those that come share what is let through', () => {
  const buckets = new TokenBuckets({ perSecond: 0.001, burst: 1 }, 10);
  for (let n = 0; n < 10; n++) buckets.take(`first-${n}`, 0);
  let through = 0;
  for (let n = 0; n < 100_000; n++) if (buckets.take(`flood-${n}`, 0) === 0) through += 1;
  assert.ok(through > 0 && through <= 1_024, String(through));
});
