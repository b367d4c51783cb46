import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testSeed } from '../../../../tests/support/seed.ts';
import { createTimerWheel, type TimerWheel } from '../../../lib/timer-wheel.ts';
import { Endpoint } from '../upstream/endpoint.ts';
import { chooseEndpoint } from './choose-endpoint.ts';

function endpoints(count: number, wheel: TimerWheel): Endpoint[] {
  return Array.from({ length: count }, (_, i) => {
    const origin = {
      address: '127.0.0.1',
      port: i + 1,
      tls: null,
      hostHeader: null,
      isPartner: false,
    };
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

/** Ten answers, of which so many were the instance's own failures. */
function answerTen(endpoint: Endpoint, failures: number): void {
  for (let i = 0; i < 10; i++) endpoint.learn(answer, 1, i < failures);
}

describe('an endpoint that answers badly', () => {
  it('is put aside from its share of errors on, for longer each time, and forgiven', () => {
    const wheel = createTimerWheel(0, 10);
    const [bad] = endpoints(1, wheel);
    assert.ok(bad !== undefined);
    answerTen(bad, 4);
    assert.equal(bad.ejected, false);
    bad.learn(answer, 1, true);
    bad.learn(answer, 1, true);
    assert.equal(bad.ejected, true, 'six of twelve');
    wheel.advance(10_100);
    assert.equal(bad.ejected, false);
    for (let i = 0; i < 10; i++) bad.learn(answer, 1, true);
    wheel.advance(20_300);
    assert.equal(bad.ejected, true, 'twice as long');
    wheel.advance(30_300);
    assert.equal(bad.ejected, false);
    wheel.advance(60_000);
    answerTen(bad, 0);
    for (let i = 0; i < 10; i++) bad.learn(answer, 1, true);
    wheel.advance(70_100);
    assert.equal(bad.ejected, false, 'once it was well, it begins anew');
  });

  it('gets nothing while at most half are put aside, and its part when more are', () => {
    const { randomness } = testSeed('ejected');
    const all = endpoints(4, createTimerWheel(0, 10));
    const [first, second, third] = all;
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    answerTen(first, 10);
    answerTen(second, 10);
    const count = (): number[] => {
      const times = all.map(() => 0);
      for (let i = 0; i < 400; i++) {
        const chosen = chooseEndpoint(all, [], 10_000, randomness);
        if (chosen === null) continue;
        chosen.inFlight++;
        const at = all.indexOf(chosen);
        times[at] = (times[at] ?? 0) + 1;
      }
      for (const endpoint of all) endpoint.inFlight = 0;
      return times;
    };
    assert.deepEqual(count().slice(0, 2), [0, 0]);
    third.sick = true;
    for (const times of count()) assert.ok(times > 30, `all are used: ${times}`);
  });

  it('is not put aside for requests that the client gave up', () => {
    const [one] = endpoints(1, createTimerWheel(0, 10));
    assert.ok(one !== undefined);
    const gone = { kind: 'failed', failure: 'gone', sent: true, why: '' } as const;
    for (let i = 0; i < 50; i++) one.learn(gone, 0);
    assert.equal(one.ejected, false);
  });
});

describe('an endpoint that is new beside others', () => {
  it('gets little at first, more as it warms up, and then as much as they do', () => {
    const { randomness } = testSeed('warm');
    const wheel = createTimerWheel(0, 10);
    const all = endpoints(3, wheel);
    const [, , young] = all;
    assert.ok(young !== undefined);
    young.warmUp();
    const share = (): number => {
      let times = 0;
      for (let i = 0; i < 3_000; i++) {
        const chosen = chooseEndpoint(all, [], 10_000, randomness);
        if (chosen === young) times++;
        // Nothing stays in flight: also an idle site does not give it all it has.
        chosen?.learn(answer, 1);
      }
      return times / 3_000;
    };
    // Where it is drawn twice there is no other: that alone is a ninth.
    const cold = share();
    assert.ok(cold < 0.2, String(cold));
    wheel.advance(5_000);
    const half = share();
    assert.ok(half > cold && half < 0.4, String(half));
    wheel.advance(10_100);
    assert.equal(young.warmth, 1);
  });
});
