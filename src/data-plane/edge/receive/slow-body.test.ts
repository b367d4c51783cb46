import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';

import { createTimerWheel } from '../../../lib/timer-wheel.ts';
import { boundBodyRate, RATE_PERIOD_MS } from './slow-body.ts';

/** A body at 100 bytes a second at least, on a clock of the test's own. */
function watched() {
  const wheel = createTimerWheel(0, 25);
  const body = new PassThrough();
  const state = { bytes: 0, slow: 0, nowMs: 0 };
  boundBodyRate(
    body,
    () => state.bytes,
    100,
    wheel,
    () => state.slow++,
  );
  const pass = (bytes: number): void => {
    state.bytes += bytes;
    state.nowMs += RATE_PERIOD_MS + 100;
    wheel.advance(state.nowMs);
  };
  return { body, state, pass, wheel };
}

describe('the least rate of a body', () => {
  it('ends one that drips, in the first period in which it does', () => {
    const { state, pass } = watched();
    pass(5_000);
    pass(1_000);
    assert.equal(state.slow, 0);
    pass(999);
    assert.equal(state.slow, 1);
  });

  it('is asked of the client alone, not while the service takes nothing', () => {
    const { body, state, pass } = watched();
    body.write('waits for the service');
    pass(0);
    assert.equal(state.slow, 0);
    body.read();
    pass(0);
    assert.equal(state.slow, 1);
  });

  it('ends with the body', async () => {
    const { body, state, pass, wheel } = watched();
    body.end();
    body.resume();
    await new Promise((resolve) => body.once('close', resolve));
    pass(0);
    assert.equal(state.slow, 0);
    assert.equal(wheel.size, 0);
  });
});
