import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeClock } from '../../ports/clock/contract.ts';
import { createSimulatedClock } from './clock.ts';

describeClock('the simulated clock', () => {
  const clock = createSimulatedClock();
  return { clock, pass: (ms) => clock.advance(ms) };
});

test('a sleeper that sleeps again is woken within one advance, at the exact times', async () => {
  const clock = createSimulatedClock(1_000);
  const wokenAtMs: number[] = [];
  const sleeper = (async () => {
    for (let round = 0; round < 3; round += 1) {
      await clock.sleep(100);
      wokenAtMs.push(clock.nowMs());
    }
  })();
  await clock.advance(300);
  await sleeper;
  assert.deepEqual(wokenAtMs, [1_100, 1_200, 1_300]);
  assert.equal(clock.pending(), 0);
});

test('timers due at the same time fire in the order they were made', async () => {
  const clock = createSimulatedClock();
  const fired: number[] = [];
  for (let index = 0; index < 10; index += 1) clock.after(5, () => fired.push(index));
  await clock.advance(5);
  assert.deepEqual(fired, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('no time passes by itself', async () => {
  const clock = createSimulatedClock();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(clock.monotonicMs(), 0);
});
