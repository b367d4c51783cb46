import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testSeed } from '../../../../tests/support/seed.ts';
import { Breaker, type BreakerState, REFUSED } from './breaker.ts';
import { defaultTripRule, type TripRule, WINDOW_MS } from './trip-rule.ts';

interface Call {
  readonly permit: number;
  readonly endsMs: number;
  readonly tookMs: number;
  readonly failed: boolean;
  readonly need: string | null;
}

function breaker(rule: Partial<TripRule> = {}): {
  readonly one: Breaker;
  readonly states: BreakerState[];
} {
  const states: BreakerState[] = [];
  const one = new Breaker({ ...defaultTripRule, ...rule }, 0, (state) => states.push(state));
  return { one, states };
}

function kindOf({ state }: Breaker): BreakerState['kind'] {
  return state.kind;
}

function call(one: Breaker, nowMs: number, failed: boolean, need: string | null = null): boolean {
  const permit = one.admit(nowMs);
  if (permit === REFUSED) return false;
  one.settle(permit, nowMs, 1, failed, need);
  return true;
}

function open(one: Breaker, nowMs: number, need: string | null = null): void {
  for (let i = 0; i < one.rule.volume; i++) call(one, nowMs, true, need);
  assert.equal(kindOf(one), 'open');
}

describe('a breaker under random load and simulated time', () => {
  // What it should do, said slowly: every call is remembered, and judged anew each time.
  it('does what the plain telling of it does, call by call', () => {
    const { randomness } = testSeed('breaker');
    for (let run = 0; run < 40; run++) {
      const rule: TripRule = {
        errors: 0.1 + 0.9 * randomness.fraction(),
        slowMs: randomness.integer(2) === 0 ? null : 50,
        volume: 1 + randomness.integer(30),
        openMs: 100 + randomness.integer(20_000),
      };
      const { one } = breaker(rule);
      let counted: { readonly atMs: number; readonly bad: boolean }[] = [];
      let openUntilMs: number | null = null;
      let probe: Call | null = null;
      let era = 0;
      const eras = new Map<Call, number>();
      let pending: Call[] = [];
      let nowMs = 0;
      let badShare = randomness.fraction();
      for (let step = 0; step < 1_500; step++) {
        nowMs += randomness.integer(300);
        if (randomness.integer(100) === 0) badShare = randomness.fraction();
        const ended = pending.filter(({ endsMs }) => endsMs <= nowMs);
        pending = pending.filter(({ endsMs }) => endsMs > nowMs);
        for (const done of ended) {
          one.settle(done.permit, nowMs, done.tookMs, done.failed, done.need);
          if (eras.get(done) !== era) continue;
          const bad = done.failed || (rule.slowMs !== null && done.tookMs >= rule.slowMs);
          if (probe === done) {
            probe = null;
            era++;
            openUntilMs = bad ? nowMs + rule.openMs : null;
            counted = [];
          } else if (openUntilMs === null) {
            counted.push({ atMs: nowMs, bad });
            const slice = WINDOW_MS / 10;
            const since = (Math.floor(nowMs / slice) - 9) * slice;
            const inside = counted.filter(({ atMs }) => atMs >= since);
            const bads = inside.filter((each) => each.bad).length;
            // It is judged when something went wrong: what leaves the window opens nothing.
            if (bad && inside.length >= rule.volume && bads >= rule.errors * inside.length) {
              era++;
              openUntilMs = nowMs + rule.openMs;
              counted = [];
            }
          }
        }
        const permit: number = one.admit(nowMs);
        const mayTry: boolean = openUntilMs === null || (probe === null && nowMs >= openUntilMs);
        assert.equal(permit !== REFUSED, mayTry, `step ${step} of run ${run} at ${nowMs}`);
        if (permit === REFUSED) continue;
        const tookMs = randomness.integer(100);
        const failed = randomness.fraction() < badShare;
        const begun: Call = { permit, endsMs: nowMs + tookMs, tookMs, failed, need: null };
        if (openUntilMs !== null) {
          era++;
          probe = begun;
        }
        eras.set(begun, era);
        pending.push(begun);
      }
    }
  });

  it('never lets two calls try at once while it is half-open, however often one asks', () => {
    const { randomness } = testSeed('probes');
    const { one } = breaker({ openMs: 1_000 });
    open(one, 0);
    let trying = 0;
    let tries = 0;
    const permits: number[] = [];
    for (let nowMs = 0; nowMs < 100_000; nowMs += randomness.integer(50)) {
      const permit = one.admit(nowMs);
      if (permit !== REFUSED) {
        trying++;
        tries++;
        permits.push(permit);
      }
      assert.ok(trying <= 1, `${trying} try at ${nowMs}`);
      if (randomness.integer(20) !== 0) continue;
      const settled = permits.pop();
      if (settled === undefined) continue;
      trying--;
      if (randomness.integer(2) === 0) one.settle(settled, nowMs, 1, true, null);
      else one.release(settled, nowMs);
    }
    assert.ok(tries > 10);
  });
});

describe('a breaker', () => {
  it('opens at its share of errors once there were enough calls, and not before', () => {
    const { one } = breaker({ errors: 0.5, volume: 20 });
    for (let i = 0; i < 19; i++) call(one, i, i % 2 === 0);
    assert.equal(kindOf(one), 'closed');
    call(one, 20, true);
    assert.equal(kindOf(one), 'open');
    assert.equal(call(one, 21, false), false, 'refused at once');
  });

  it('counts a slow call as a failed one where that is said', () => {
    const { one } = breaker({ slowMs: 2_000, volume: 4 });
    for (let i = 0; i < 4; i++) one.settle(one.admit(i), i, 2_000, false, null);
    const { state } = one;
    assert.ok(state.kind === 'open' && state.reason.slow === 4);
  });

  it('says for which need it opened: the one that most failures named', () => {
    const { one } = breaker({ volume: 10 });
    for (let i = 0; i < 10; i++) call(one, i, true, i % 3 === 0 ? 'processor' : 'db.primary');
    assert.equal(one.need, 'db.primary');
  });

  it('forgets a need that failed long ago', () => {
    const { one } = breaker({ volume: 10 });
    for (let i = 0; i < 9; i++) call(one, i, true, 'processor');
    for (let i = 0; i < 10; i++) call(one, 60_000 + i, true, i < 4 ? 'processor' : 'db');
    assert.equal(one.need, 'db');
  });

  it('closes when the one that tried did well, and counts from nothing', () => {
    const { one } = breaker({ openMs: 5_000 });
    open(one, 0);
    assert.equal(one.waitMs(1_000), 4_000);
    assert.equal(call(one, 4_999, false), false);
    assert.equal(call(one, 5_000, false), true);
    assert.equal(kindOf(one), 'closed');
    call(one, 5_001, true);
    assert.equal(kindOf(one), 'closed');
  });

  it('lets another try where the one that tried went away without an outcome', () => {
    const { one } = breaker({ openMs: 5_000 });
    open(one, 0);
    const probe = one.admit(5_000);
    one.release(probe, 5_001);
    assert.notEqual(one.admit(5_002), REFUSED);
    assert.equal(one.admit(5_003), REFUSED);
  });

  it('believes nothing that began before it changed', () => {
    const { one } = breaker();
    const early = one.admit(0);
    open(one, 1);
    one.settle(early, 2, 1, false, null);
    assert.equal(kindOf(one), 'open');
    const probe = one.admit(6_000);
    one.settle(early, 6_001, 1, false, null);
    assert.equal(kindOf(one), 'half-open');
    one.settle(probe, 6_002, 1, false, null);
    assert.equal(kindOf(one), 'closed');
  });

  it('lets one try at once where what it judged by was replaced', () => {
    const { one } = breaker();
    open(one, 0);
    one.reconsider(10);
    assert.notEqual(one.admit(10), REFUSED);
    assert.equal(one.admit(10), REFUSED);
  });

  it('held by hand does as it is told, and begins anew when it is let go', () => {
    const { one } = breaker();
    one.hold('open', 0);
    assert.equal(one.admit(1_000_000), REFUSED);
    one.hold('closed', 1);
    for (let i = 0; i < 100; i++) assert.equal(call(one, 2, true), true);
    one.hold(null, 3);
    assert.equal(kindOf(one), 'closed');
    open(one, 4);
  });
});
