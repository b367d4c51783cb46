import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testSeed } from '../../../../tests/support/seed.ts';
import { type CallOutcome, OutcomeWindow } from './window.ts';

test('counts exactly what fell into the last ten slices, whatever the gaps between calls', () => {
  const { randomness } = testSeed('window');
  const outcomes: readonly CallOutcome[] = ['ok', 'failed', 'slow'];
  for (let run = 0; run < 50; run++) {
    const sliceMs = 1 + randomness.integer(1_000);
    const window = new OutcomeWindow(sliceMs * 10);
    const all: { readonly slice: number; readonly outcome: CallOutcome }[] = [];
    let nowMs = randomness.integer(1_000_000);
    for (let i = 0; i < 300; i++) {
      const gaps = [0, 1, sliceMs, sliceMs * 3, sliceMs * 9, sliceMs * 10, sliceMs * 40];
      nowMs += randomness.integer(1 + (gaps[randomness.integer(gaps.length)] ?? 0));
      const outcome = outcomes[randomness.integer(3)] ?? 'ok';
      window.record(nowMs, outcome);
      const slice = Math.floor(nowMs / sliceMs);
      all.push({ slice, outcome });
      const inside = all.filter((one) => one.slice > slice - 10);
      const count = (wanted: CallOutcome): number =>
        inside.filter((one) => one.outcome === wanted).length;
      assert.deepEqual(
        [window.total, window.failed, window.slow],
        [inside.length, count('failed'), count('slow')],
      );
    }
  }
});

test('a clock that goes back neither empties it nor counts anything twice', () => {
  const window = new OutcomeWindow(100);
  window.record(1_000, 'failed');
  window.record(200, 'failed');
  assert.deepEqual([window.total, window.failed], [2, 2]);
  window.forget(1_110);
  assert.equal(window.total, 0);
});
