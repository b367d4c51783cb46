import type { FeaturePolicy } from '../../../derive/policies/policies.ts';

/** Of a feature that the configuration has no policy for. */
export function silentPolicy(feature: string): FeaturePolicy {
  return {
    feature,
    tier: 'important',
    once: false,
    cache: { kind: 'origin' },
    missingMs: null,
    query: null,
    needs: [],
    ladder: [],
    replay: null,
  };
}
