import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testSeed } from '../../../../tests/support/seed.ts';
import { createTimerWheel, type TimerWheel } from '../../../lib/timer-wheel.ts';
import { Endpoint } from '../upstream/endpoint.ts';
import { chooseEndpoint } from './choose-endpoint.ts';

function endpoints(count: number, wheel: TimerWheel): Endpoint[] {
  return Array.from({ length: count }, (_, i) => {
    const origin = { address: '127.0.0.1', port: i + 1, tls: null, hostHeader: null };
    return new Endpoint(`i${i}`, origin, wheel);
  });
}

const lost = { kind: 'failed', failure: 'lost', sent: true, why: '' } as const;
const answer = { kind: 'answer', answer: { status: 200, headers: [], body: null } } as const;

describe('power of two choices', () => {
  it('keeps load far more even than chance would', () => {
    const { randomness } = testSeed('choices');
    const all = endpoints(10, createTimerWheel(0, 10));
    for (let i = 0; i < 1_000; i++) {
      const chosen = chooseEndpoint(all, [], 1_000, randomness);
      if (chosen !== null) chosen.inFlight++;
    }
    // Chance alone would spread them by 30 around 100; two choices keep within a few.
    for (const endpoint of all) assert.ok(Math.abs(endpoint.inFlight - 100) <= 5);
  });

  it('prefers the faster one where both are equally busy', () => {
    const { randomness } = testSeed('latency');
    const [slow, fast] = endpoints(2, createTimerWheel(0, 10));
    assert.ok(slow !== undefined && fast !== undefined);
    slow.learn(answer, 100);
    fast.learn(answer, 1);
    for (let i = 0; i < 20; i++) {
      assert.equal(chooseEndpoint([slow, fast], [], 10, randomness), fast);
    }
  });
});

describe('an endpoint that must not be chosen', () => {
  it('is one that was tried, or is full', () => {
    const { randomness } = testSeed('full');
    const all = endpoints(5, createTimerWheel(0, 10));
    const [first, second, third, ...others] = all;
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    second.inFlight = 3;
    for (const other of others) other.inFlight = 3;
    for (let i = 0; i < 50; i++) {
      assert.equal(chooseEndpoint(all, [first], 3, randomness), third);
    }
    third.inFlight = 3;
    assert.equal(chooseEndpoint(all, [first], 3, randomness), null);
  });

  it('stands back for a moment after it failed, and comes back', () => {
    const { randomness } = testSeed('failed');
    const wheel = createTimerWheel(0, 10);
    const [bad, good] = endpoints(2, wheel);
    assert.ok(bad !== undefined && good !== undefined);
    bad.learn(lost, 0);
    good.inFlight = 9;
    assert.equal(chooseEndpoint([bad, good], [], 10, randomness), good);
    wheel.advance(1_100);
    assert.equal(chooseEndpoint([bad, good], [], 10, randomness), bad);
  });

  it('is used all the same when all have failed', () => {
    const { randomness } = testSeed('panic');
    const all = endpoints(4, createTimerWheel(0, 10));
    for (const endpoint of all) endpoint.learn(lost, 0);
    const chosen = new Set<Endpoint | null>();
    for (let i = 0; i < 200; i++) chosen.add(chooseEndpoint(all, [], 10, randomness));
    assert.ok(!chosen.has(null));
    assert.ok(chosen.size > 1);
  });

  it('stays away longer each time it fails in a row', () => {
    const wheel = createTimerWheel(0, 10);
    const [bad] = endpoints(1, wheel);
    assert.ok(bad !== undefined);
    bad.learn(lost, 0);
    bad.learn(lost, 0);
    wheel.advance(1_100);
    assert.equal(bad.suspended, true);
    wheel.advance(2_100);
    assert.equal(bad.suspended, false);
  });
});
