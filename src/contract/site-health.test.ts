import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RungName } from './feature-health.ts';
import { type FeatureReport, type HealthReport, noStats } from './health-report.ts';
import { siteHealthInFull } from './site-health.ts';

/** `heardMs` undefined: of a worker of an older Turnout. */
function toldBy(worker: string, rung: RungName, heardMs?: number | null): HealthReport {
  const told = heardMs === undefined ? {} : { heardMs };
  const report: FeatureReport = {
    feature: 'shop.buy',
    tier: 'core',
    isPublic: true,
    rung,
    sinceMs: 0,
    reason: null,
    stats: noStats,
    ...told,
  };
  return { worker, atMs: 60_000, features: [report], needs: [], circuits: [], queues: [] };
}

const rungOf = (...reports: readonly HealthReport[]): RungName | undefined =>
  siteHealthInFull(reports, 'site', 60_000).features[0]?.rung;

describe('a feature that several workers tell of', () => {
  it('is as bad as the worst of those who have heard of it lately', () => {
    assert.equal(rungOf(toldBy('a', 'full', 59_000), toldBy('b', 'queue', 52_000)), 'queue');
  });

  it('is as those say who heard of it last, where others have long heard nothing', () => {
    assert.equal(rungOf(toldBy('a', 'full', 40_001), toldBy('b', 'queue', 40_000)), 'full');
    assert.equal(rungOf(toldBy('a', 'full', 40_000), toldBy('b', 'queue', 40_001)), 'queue');
  });

  it('is not held well by a worker that never heard of it', () => {
    assert.equal(rungOf(toldBy('a', 'full', null), toldBy('b', 'stale', 1_000)), 'stale');
    assert.equal(rungOf(toldBy('a', 'full', null), toldBy('b', 'full', null)), 'full');
  });

  it('is heard of from a worker that does not say when it heard', () => {
    assert.equal(rungOf(toldBy('a', 'full', 59_000), toldBy('b', 'closed')), 'closed');
    assert.equal(rungOf(toldBy('a', 'stale'), toldBy('b', 'closed')), 'closed');
  });
});
