import { type FeatureHealth, parseFeatureHealth } from '../contract/feature-health.ts';

/**
 * How an answer of a `feature` need, or of a partner behind a proxy, came: `rung` is `full` where
 * all went well, `stale` where it is one from before, `ageS` seconds old. Null for an answer that
 * says nothing of that, as those of a partner without a proxy.
 */
export function healthOf(answer: Response): FeatureHealth | null {
  return parseFeatureHealth(answer.headers.get('service-health'));
}
