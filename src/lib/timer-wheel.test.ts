import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { testSeed } from '../../tests/support/seed.ts';
import { createTimerWheel } from './timer-wheel.ts';

describe('a timer wheel fires each timeout once, never early, at most two ticks late', () => {
  it('holds for any delays and any steps of the clock', () => {
    const { seed } = testSeed('timer wheel');
    const delays = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 40 });
    const steps = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(delays, steps, (delays, steps) => {
        const wheel = createTimerWheel(1_000, 10);
        let nowMs = 1_000;
        let beforeMs = 1_000;
        const fired = new Map<number, number>();
        for (const [i, delay] of delays.entries()) {
          wheel.arm(delay, () => {
            assert.ok(!fired.has(i), 'fired twice');
            fired.set(i, nowMs);
            assert.ok(nowMs >= 1_000 + delay, 'fired early');
            assert.ok(beforeMs <= 1_000 + Math.max(delay, 1) + 20, 'fired late');
          });
        }
        for (const step of [...steps, 50_000]) {
          beforeMs = nowMs;
          nowMs += step;
          wheel.advance(nowMs);
        }
        assert.equal(fired.size, delays.length);
        assert.equal(wheel.size, 0);
      }),
      { seed },
    );
  });
});

describe('a timeout can be changed by whoever holds it', () => {
  it('does not fire once cancelled, not even by another of the same tick', () => {
    const wheel = createTimerWheel(0, 10);
    const fired: string[] = [];
    wheel.arm(30, () => {
      fired.push('first');
      second.cancel();
    });
    const second = wheel.arm(30, () => fired.push('second'));
    wheel.advance(100);
    assert.deepEqual(fired, ['first']);
    assert.equal(wheel.size, 0);
  });

  it('starts anew when armed again, before and after it fired', () => {
    const wheel = createTimerWheel(0, 10);
    let fired = 0;
    const timeout = wheel.arm(30, () => fired++);
    wheel.advance(20);
    timeout.rearm(30);
    wheel.advance(40);
    assert.equal(fired, 0);
    wheel.advance(80);
    assert.equal(fired, 1);
    timeout.rearm(10);
    wheel.advance(200);
    assert.equal(fired, 2);
  });
});
