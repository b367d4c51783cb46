import { parseServiceHealth } from '../../../contract/service-health.ts';
import type { Answer } from '../../exchange.ts';
import { withReceivedStatus } from '../saying/received-status.ts';

/** Failures of a service by its own word (502 to 504): it has lost what it needs. */
const failing = new Set([502, 503, 504]);

/**
 * What a service answered. Where it failed, the need that it reports lost is the failure's, of
 * those that its feature declares; the report itself was taken off as it was read.
 */
export function judgeAnswer(answer: Answer, declared: readonly string[]): Answer {
  if (answer.status < 500) return answer;
  const told = withReceivedStatus(answer);
  if (!failing.has(answer.status)) return told;
  const need = lostNeed(answer.report, declared);
  return { ...told, failure: { cause: 'status', need, reached: true } };
}

/** The first need of the feature that is down; a need as a whole stands for each of its roles. */
function lostNeed(report: string | null | undefined, declared: readonly string[]): string | null {
  const down = parseServiceHealth(report)?.down ?? [];
  return declared.find((need) => down.some((lost) => covers(lost, need))) ?? null;
}

function covers(lost: string, need: string): boolean {
  return lost === need || need.startsWith(`${lost}.`);
}
