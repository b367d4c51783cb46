import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { testSeed } from '../../tests/support/seed.ts';
import { parseFeatureHealth, rungNames, worseRung } from './feature-health.ts';
import { formatFeatureHealth } from './write-feature-health.ts';

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);

describe('how a feature stands', () => {
  it('is said in one form', () => {
    const said = formatFeatureHealth({
      feature: 'donations.totals',
      tier: 'important',
      rung: 'stale',
      ageS: 12,
    });
    assert.equal(said, 'feature="donations.totals", tier=important, rung=stale;age=12');
    const full = { feature: 'a.b', tier: 'core', rung: 'full', ageS: null };
    assert.equal(formatFeatureHealth(full), 'feature="a.b", tier=core, rung=full');
  });

  it('reads as what was said', () => {
    const { seed } = testSeed('feature health');
    const given = fc.record({
      feature: fc.string({ unit: fc.constantFrom(...' .ab"\\~'), maxLength: 20 }),
      tier: word,
      rung: fc.oneof(word, fc.constantFrom(...rungNames)),
      ageS: fc.option(fc.integer({ min: 0, max: 999_999_999_999_999 })),
    });
    fc.assert(
      fc.property(given, (health) => {
        const { feature, tier, rung, ageS } = health;
        assert.deepEqual(parseFeatureHealth(formatFeatureHealth(health)), {
          feature,
          tier,
          rung,
          ageS,
        });
      }),
      { seed },
    );
  });

  it('is read past what a later version adds', () => {
    const later =
      'v=2, feature="a.b";x=1, tier=core, rung=stale;age=3;since=@17, more=(a "b"), end';
    assert.deepEqual(parseFeatureHealth(later), {
      feature: 'a.b',
      tier: 'core',
      rung: 'stale',
      ageS: 3,
    });
  });

  it('is not said by what is malformed, or of another kind', () => {
    for (const header of [
      null,
      '',
      'ok',
      'db=down',
      'feature=a.b, tier=core, rung=full',
      'feature="a.b", tier="core", rung=full',
      'feature="a.b", tier=core',
      'feature="a.b", tier=core, rung=full,',
    ]) {
      assert.equal(parseFeatureHealth(header), null, String(header));
    }
  });

  it('is the worst that anybody says', () => {
    assert.equal(worseRung('stale', 'full'), 'stale');
    assert.equal(worseRung('closed', 'failed'), 'failed');
    assert.equal(worseRung('read-only', 'stale'), 'read-only');
  });
});
