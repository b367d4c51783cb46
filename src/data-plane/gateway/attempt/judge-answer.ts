import { parseServiceHealth } from '../../../contract/service-health.ts';
import type { FeaturePolicy } from '../../../derive/policies/policies.ts';
import type { Answer } from '../../exchange.ts';
import { withReceivedStatus } from '../saying/received-status.ts';

/** Failures of a service by its own word (502 to 504): it has lost what it needs. */
const failing = new Set([502, 503, 504]);

/**
 * What a service answered. Where it failed, the need that it reports lost is the failure's, of
 * those that its feature declares; the report itself was taken off as it was read.
 */
export function judgeAnswer(
  answer: Answer,
  policy: Pick<FeaturePolicy, 'needs' | 'failsOn' | 'ladder'>,
): Answer {
  const { status } = answer;
  const told = status < 500 ? answer : withReceivedStatus(answer);
  if (!failing.has(status) && policy.failsOn?.includes(status) !== true) return told;
  const need = lostNeed(answer.report, policy);
  return { ...told, failure: { cause: 'status', need, reached: true } };
}

/**
 * The first need of the feature that is down, or role of it that its ladder has rungs for; a need
 * as a whole stands for each of its roles.
 */
function lostNeed(
  report: string | null | undefined,
  { needs, ladder }: Pick<FeaturePolicy, 'needs' | 'ladder'>,
): string | null {
  const down = parseServiceHealth(report)?.down ?? [];
  if (down.length === 0) return null;
  const declared = [...needs, ...ladder.flatMap(({ need }) => (need === null ? [] : [need]))];
  return declared.find((need) => down.some((lost) => covers(lost, need))) ?? null;
}

function covers(lost: string, need: string): boolean {
  return lost === need || need.startsWith(`${lost}.`);
}
