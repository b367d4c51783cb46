import assert from 'node:assert/strict';
import { test } from 'node:test';
import { steadyEpoch } from './steady-epoch.ts';

test('a time is told alike however the clocks are read, until one is set', () => {
  let nowMs = 1_000_000;
  const wheel = { nowMs: 500 };
  const epochMs = steadyEpoch({ nowMs: () => nowMs }, wheel);
  assert.equal(epochMs(400), 999_900);
  // The wheel is a little late, and then again not.
  nowMs += 1_030;
  wheel.nowMs += 1_000;
  assert.equal(epochMs(400), 999_900);
  nowMs += 3_600_000;
  assert.equal(epochMs(400), 999_900 + 3_600_030);
});
