import type { FeaturePolicy, LadderPolicy, RungPolicy } from '../policies/policies.ts';
import type { CatalogLadderStep } from './catalog.ts';
import { duration, list } from './in-words.ts';

/**
 * A feature's ladder as sentences. `served` are the methods its routes answer, so that only
 * exceptions are named.
 */
export function describeLadder(
  policy: FeaturePolicy,
  served: readonly string[],
): readonly CatalogLadderStep[] {
  return policy.ladder.map((step) => ({
    when: describeLoss(step, policy.ladder.length),
    rungs: step.rungs.map((rung) => describeRung(rung) + describeMethods(rung, served)),
  }));
}

function describeLoss(step: LadderPolicy, steps: number): string {
  if (step.need !== null) return `when ${step.need} is lost`;
  return steps === 1 ? 'when anything it relies on is lost' : 'when anything else is lost';
}

function describeRung(rung: RungPolicy): string {
  switch (rung.kind) {
    case 'stale':
      return `the last good answer, at most ${duration(rung.forMs)} old`;
    case 'static':
      return `the snapshot ${rung.file}`;
    case 'region':
      return `the answer of region ${rung.region}`;
    case 'queue':
      return `a receipt: the request is kept for up to ${duration(rung.forMs)} and done later, in order by ${rung.by}`;
    case 'read-only':
      return 'reading as ever, and a plain refusal to write';
    case 'redirect':
      return `a redirect to ${rung.url}`;
    case 'closed':
      return 'a clear answer that it is closed for now';
  }
}

/**
 * ` (only GET)` where the rung leaves out a method; GET means HEAD too. `read-only` says it by
 * itself.
 */
function describeMethods(rung: RungPolicy, served: readonly string[]): string {
  if (rung.kind === 'read-only' || rung.methods.length === served.length) return '';
  const named = rung.methods.filter((method) => method !== 'HEAD' || !rung.methods.includes('GET'));
  return ` (only ${list(named)})`;
}
