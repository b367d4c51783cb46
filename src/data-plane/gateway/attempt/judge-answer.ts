import { SERVICE_HEALTH, parseServiceHealth } from '../../../contract/service-health.ts';
import { type Answer, header } from '../../exchange.ts';

/** Failures of a service by its own word (502 to 504): it has lost what it needs. */
const failing = new Set([502, 503, 504]);

/**
 * What a service answered, with its report of its needs taken off: the public is told in our own
 * words. Where it failed, the need that it reports lost is the failure's, of those that its feature
 * declares.
 */
export function judgeAnswer(answer: Answer, declared: readonly string[]): Answer {
  const report = header(answer.headers, SERVICE_HEALTH);
  const inside = report === undefined ? answer : withoutReport(answer);
  if (!failing.has(answer.status)) return inside;
  const need = lostNeed(report, declared);
  return { ...inside, failure: { cause: 'status', need, reached: true } };
}

/** The first need of the feature that is down; a need as a whole stands for each of its roles. */
function lostNeed(report: string | undefined, declared: readonly string[]): string | null {
  const down = parseServiceHealth(report)?.down ?? [];
  return declared.find((need) => down.some((lost) => covers(lost, need))) ?? null;
}

function covers(lost: string, need: string): boolean {
  return lost === need || need.startsWith(`${lost}.`);
}

function withoutReport(answer: Answer): Answer {
  const headers: string[] = [];
  for (let i = 0; i < answer.headers.length; i += 2) {
    if (answer.headers[i] === SERVICE_HEALTH) continue;
    headers.push(answer.headers[i] ?? '', answer.headers[i + 1] ?? '');
  }
  return { ...answer, headers };
}
