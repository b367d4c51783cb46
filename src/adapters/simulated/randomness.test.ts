import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeRandomness } from '../../ports/randomness/contract.ts';
import { testSeed } from '../../../tests/support/seed.ts';
import { createSeededRandomness } from './randomness.ts';

const { seed } = testSeed('seeded randomness');

describeRandomness('a seeded generator', () => createSeededRandomness(seed));

test('one seed always gives the same, on every machine', () => {
  const randomness = createSeededRandomness(2026);
  assert.deepEqual(
    Array.from({ length: 5 }, () => randomness.integer(1_000)),
    [201, 488, 84, 694, 673],
  );
});

test('neighbouring seeds give unlike sequences', () => {
  const first = new Set(
    Array.from({ length: 500 }, (_, seed) => createSeededRandomness(seed).id()),
  );
  assert.equal(first.size, 500);
});
