import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LoopLag } from './loop-lag.ts';

const EVERY_MS = 25;

/** A loop that comes to its timer so much late, so many times. */
function late(lag: LoopLag, byMs: number, times: number, fromMs = 0): number {
  let nowMs = fromMs;
  for (let n = 0; n < times; n++) lag.sample((nowMs += EVERY_MS + byMs));
  return nowMs;
}

describe('the lag of the event loop', () => {
  it('turns nobody away where the loop is on time, or late once', () => {
    const lag = new LoopLag(EVERY_MS);
    const nowMs = late(lag, 3, 20);
    late(lag, 60_000, 1, nowMs);
    assert.deepEqual(lag.refused, [0, 0, 0]);
  });

  it('turns sheddable away first, then important, core last and never all of it', () => {
    const shares = [0, 60, 150, 300, 450, 900, 5_000].map((byMs) => {
      const lag = new LoopLag(EVERY_MS);
      late(lag, byMs, 20);
      return lag.refused;
    });
    for (const [core = 0, important = 0, sheddable = 0] of shares) {
      if (core > 0) assert.equal(important, 1);
      if (important > 0) assert.equal(sheddable, 1);
      assert.ok(core <= 0.9);
    }
    assert.deepEqual(shares.at(1)?.slice(0, 2), [0, 0]);
    assert.deepEqual(shares.at(-1), [0.9, 1, 1]);
  });

  it('lets all in again as soon as the loop is on time once', () => {
    const lag = new LoopLag(EVERY_MS);
    const nowMs = late(lag, 1_000, 20);
    assert.equal(lag.standingMs, 1_000);
    late(lag, 0, 1, nowMs);
    assert.deepEqual(lag.refused, [0, 0, 0]);
  });
});
