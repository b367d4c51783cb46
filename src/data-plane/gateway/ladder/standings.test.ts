import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { usualHysteresis } from './hysteresis.ts';
import { Standings } from './standings.ts';

let nowMs = 0;
let left: string[] = [];
let standings: Standings;

beforeEach(() => {
  nowMs = 0;
  left = [];
  standings = new Standings('shop.buy', 'writes', {
    terms: usualHysteresis,
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    listener: { entered: () => undefined, left: ({ rung }, why) => left.push(`${rung} ${why}`) },
  });
  standings.failed('db', 'status');
  standings.served('queue', 'db', 'status');
});

/** `ms` later, as it is seen once a second. */
function pass(ms: number): void {
  for (const endMs = nowMs + ms; nowMs < endMs;) {
    nowMs += 1_000;
    standings.settle();
  }
}

describe('a rung that answers for a feature', () => {
  it('is in force as long as it is needed now and then', () => {
    for (let n = 0; n < 10; n++) {
      pass(usualHysteresis.silentMs - 1_000);
      standings.served('queue', 'db', 'status');
    }
    assert.deepEqual([standings.inForce().length, left], [1, []]);
  });

  it('is left when nobody has asked for long, and that is said', () => {
    pass(usualHysteresis.silentMs - 1_000);
    assert.equal(standings.inForce().length, 1);
    pass(1_000);
    assert.deepEqual([standings.inForce(), left], [[], ['queue silent']]);
    assert.equal(standings.areWell, true);
  });

  it('is left as well when one good answer is all that is heard of a quiet feature', () => {
    pass(10_000);
    standings.answered();
    pass(usualHysteresis.silentMs);
    assert.deepEqual(left, ['queue well']);
  });

  it('is not left by a good answer before the last failure', () => {
    standings.answered();
    pass(1_000);
    standings.failed('db', 'status');
    pass(usualHysteresis.silentMs);
    assert.deepEqual(left, ['queue silent']);
  });
});
