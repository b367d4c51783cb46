import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { testSeed } from '../../../../tests/support/seed.ts';
import { type RungName, rungNames } from '../../../contract/feature-health.ts';
import type { Answer } from '../../exchange.ts';
import { FeatureStanding } from './feature-standing.ts';

const answer = (more: Partial<Answer> = {}): Answer => ({
  status: 200,
  headers: [],
  body: null,
  ...more,
});
const full = answer();
const stale = answer({ rung: { name: 'stale', ageMs: 5_000 } });
const failed = answer({ status: 502, failure: { cause: 'lost', need: null, reached: true } });
const kept = answer({ isKept: true });

const give = (standing: FeatureStanding, given: Answer, times: number, nowMs: number): void => {
  for (let i = 0; i < times; i++) standing.count(given, nowMs, null);
};

describe('a feature', () => {
  it('is as promised until answers say otherwise', () => {
    const standing = new FeatureStanding(0);
    assert.deepEqual(standing.standing(0), {
      rung: 'full',
      sinceMs: 0,
      heardMs: null,
      reason: null,
    });
    give(standing, full, 9, 1_000);
    give(standing, failed, 1, 1_000);
    assert.equal(standing.standing(1_100).rung, 'full', 'one in ten is no outage');
  });

  it('is on the rung that half of its answers come from, with the reason', () => {
    const standing = new FeatureStanding(0);
    give(standing, full, 5, 1_000);
    give(
      standing,
      answer({ ...stale, failure: { cause: 'status', need: 'db', reached: true } }),
      5,
      1_500,
    );
    assert.deepEqual(standing.standing(1_600), {
      rung: 'stale',
      sinceMs: 1_600,
      heardMs: 1_500,
      reason: { cause: 'status', need: 'db', reached: true },
    });
    give(standing, full, 60, 4_000);
    assert.deepEqual(standing.standing(4_500), {
      rung: 'full',
      sinceMs: 4_500,
      heardMs: 4_000,
      reason: null,
    });
  });

  it('is well again when its service takes what had waited', () => {
    const standing = new FeatureStanding(0);
    give(standing, answer({ status: 202, rung: { name: 'queue' } }), 3, 1_000);
    assert.equal(standing.standing(1_000).rung, 'queue');
    standing.replayed(9_000);
    assert.deepEqual(standing.standing(9_500), {
      rung: 'full',
      sinceMs: 9_500,
      heardMs: 9_000,
      reason: null,
    });
    assert.equal(standing.stats(9_500).full, 0);
  });

  it('that is not asked any more is well where the last word was good', () => {
    const standing = new FeatureStanding(0);
    give(standing, failed, 3, 1_000);
    give(standing, full, 1, 1_100);
    assert.equal(standing.standing(1_200).rung, 'failed');
    assert.equal(standing.standing(60_000).rung, 'full');
    give(standing, full, 3, 61_000);
    give(standing, failed, 1, 61_100);
    assert.equal(standing.standing(61_200).rung, 'full');
    assert.equal(standing.standing(70_000).rung, 'full', 'one in four was no outage either');
  });

  it('that is not asked stands as it did; answers that were at hand say nothing of it', () => {
    const standing = new FeatureStanding(0);
    give(standing, failed, 1, 1_000);
    assert.equal(standing.standing(1_000).rung, 'failed');
    give(standing, kept, 1_000, 60_000);
    assert.deepEqual(
      { rung: standing.standing(60_000).rung, sinceMs: standing.standing(61_000).sinceMs },
      { rung: 'failed', sinceMs: 1_000 },
    );
    assert.equal(standing.standing(61_000).heardMs, 1_000, 'what is kept is not heard');
    give(standing, answer({ status: 404 }), 1, 62_000);
    assert.equal(standing.standing(62_000).rung, 'full', 'whoever refuses is there');
  });

  it('is on the mildest rung of the worse half', () => {
    const standing = new FeatureStanding(0);
    give(standing, failed, 3, 1_000);
    give(standing, stale, 3, 1_000);
    give(standing, full, 4, 1_000);
    assert.equal(standing.standing(1_000).rung, 'stale');
  });

  it('counts each answer once, for ten seconds', () => {
    const standing = new FeatureStanding(0);
    for (const given of [full, kept, stale, failed, answer({ status: 400 })]) {
      standing.count(given, 5_000, given === kept ? null : 20);
    }
    give(standing, answer({ status: 503, rung: { name: 'closed' } }), 2, 5_000);
    const {
      full: promised,
      kept: atHand,
      stepped,
      closed,
      failed: broken,
      refused,
      failures,
      latency,
    } = standing.stats(14_900);
    assert.deepEqual(
      { promised, atHand, stepped, closed, broken, refused, lost: failures.lost },
      { promised: 1, atHand: 1, stepped: 1, closed: 2, broken: 1, refused: 1, lost: 1 },
    );
    assert.equal(
      latency.reduce((sum, count) => sum + count, 0),
      4,
    );
    const later = standing.stats(15_000);
    assert.deepEqual([later.full, later.closed, later.latency], [0, 0, []]);
  });

  it('is on the rung that a plain count of the last three seconds has', () => {
    const { seed } = testSeed('feature standings');
    const step = fc.record({
      waitMs: fc.integer({ min: 0, max: 2_500 }),
      rung: fc.constantFrom<RungName>(...rungNames),
      times: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const standing = new FeatureStanding(0);
        const seen: { readonly second: number; readonly rung: RungName }[] = [];
        let nowMs = 0;
        for (const { waitMs, rung, times } of steps) {
          nowMs += waitMs;
          give(standing, answer({ rung: { name: rung } }), times, nowMs);
          for (let i = 0; i < times; i++) seen.push({ second: Math.floor(nowMs / 1_000), rung });
          const recent = seen.filter(({ second }) => second > Math.floor(nowMs / 1_000) - 3);
          const worst = recent
            .map((each) => rungNames.indexOf(each.rung))
            .sort((one, other) => other - one);
          // The one in the middle, of the worse half where there are two.
          const middle = worst[Math.ceil(worst.length / 2) - 1] ?? 0;
          assert.equal(standing.standing(nowMs).rung, rungNames[middle]);
        }
      }),
      { seed },
    );
  });
});
