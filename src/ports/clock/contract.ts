import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Clock } from './port.ts';

/** What a clock's test brings: the clock, and a way to let time pass on it. */
export interface ClockUnderTest {
  readonly clock: Clock;
  /** Resolves when at least `ms` have passed and the timers due by then have fired. */
  pass(ms: number): Promise<void>;
}

/** Every adapter of the clock port passes this suite. */
export function describeClock(name: string, open: () => ClockUnderTest): void {
  describe(`${name} as a clock`, () => {
    test('both of its times move on as time passes', async () => {
      const { clock, pass } = open();
      const [nowMs, monotonicMs] = [clock.nowMs(), clock.monotonicMs()];
      await pass(20);
      assert.ok(clock.nowMs() >= nowMs + 19, 'wall time, which may be rounded');
      assert.ok(clock.monotonicMs() >= monotonicMs + 19, 'monotonic time');
    });

    test('timers fire once each, in the order they are due', async () => {
      const { clock, pass } = open();
      const fired: string[] = [];
      clock.after(30, () => fired.push('late'));
      clock.after(5, () => fired.push('early'));
      await pass(60);
      assert.deepEqual(fired, ['early', 'late']);
    });

    test('a cancelled timer never fires, and cancelling twice is harmless', async () => {
      const { clock, pass } = open();
      let fired = false;
      const timer = clock.after(5, () => (fired = true));
      timer.cancel();
      timer.cancel();
      await pass(30);
      assert.equal(fired, false);
    });

    test('a repeating timer fires until it is cancelled, also from its own callback', async () => {
      const { clock, pass } = open();
      const firedAtMs: number[] = [];
      const timer = clock.every(5, () => {
        firedAtMs.push(clock.monotonicMs());
        if (firedAtMs.length === 3) timer.cancel();
      });
      for (let round = 0; firedAtMs.length < 3 && round < 100; round += 1) await pass(20);
      await pass(30);
      assert.equal(firedAtMs.length, 3);
    });

    test('a very long timer does not fire at once', async () => {
      const { clock, pass } = open();
      let fired = false;
      const timer = clock.after(60 * 24 * 3_600_000, () => (fired = true));
      await pass(20);
      timer.cancel();
      assert.equal(fired, false);
    });

    test('sleep resolves after its time', async () => {
      const { clock, pass } = open();
      const startMs = clock.monotonicMs();
      const slept = clock.sleep(20).then(() => clock.monotonicMs() - startMs);
      await pass(40);
      assert.ok((await slept) >= 19);
    });

    test('sleep rejects with the reason of its signal, before and during', async () => {
      const { clock } = open();
      const reason = new Error('changed my mind');
      await assert.rejects(clock.sleep(10_000, AbortSignal.abort(reason)), reason);
      const controller = new AbortController();
      const slept = clock.sleep(10_000, controller.signal);
      controller.abort(reason);
      await assert.rejects(slept, reason);
    });
  });
}
