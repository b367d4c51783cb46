import { parseDictionary } from '../lib/structured-fields/parse-dictionary.ts';
import type { Member } from '../lib/structured-fields/structured-field.ts';

/**
 * `Service-Health` as the public sees it, on every answer to a route: a dictionary of RFC 9651 that
 * says which feature answered, how much it matters, and which rung is in force:
 * `feature="donations.totals", tier=important, rung=stale;age=12`. What a service sends inside
 * under the same name is service-health.ts; it never gets out.
 */
export interface FeatureHealth {
  /** `donations.totals`. */
  readonly feature: string;
  readonly tier: string;
  readonly rung: string;
  /** How old the answer is, where its rung gives one from before; in whole seconds. */
  readonly ageS: number | null;
}

/** From the best to the worst; what is not well is never `full`. */
export const rungNames = [
  /** As promised: no rung is in force. */
  'full',
  'region',
  'stale',
  'static',
  'queue',
  'read-only',
  'redirect',
  'closed',
  /** It failed, and no rung was there to hold it. */
  'failed',
] as const;

export type RungName = (typeof rungNames)[number];

/** The worse of two. */
export function worseRung(one: RungName, other: RungName): RungName {
  return rungNames.indexOf(one) >= rungNames.indexOf(other) ? one : other;
}

/**
 * Null for a header that is absent, malformed, or no report of this kind. Members and parameters
 * that are not known are passed over, for a later version may say more.
 */
export function parseFeatureHealth(header: string | null | undefined): FeatureHealth | null {
  if (header === null || header === undefined) return null;
  const members = parseDictionary(header);
  const feature = valueOf(members?.get('feature'), 'string');
  const tier = valueOf(members?.get('tier'), 'token');
  const member = members?.get('rung');
  const rung = valueOf(member, 'token');
  if (feature === null || tier === null || rung === null) return null;
  const age = member?.parameters.get('age');
  return {
    feature,
    tier,
    rung,
    ageS: age?.kind === 'integer' && age.value >= 0 ? age.value : null,
  };
}

function valueOf(member: Member | undefined, kind: 'string' | 'token'): string | null {
  if (member === undefined || member.kind !== kind) return null;
  return member.value;
}
