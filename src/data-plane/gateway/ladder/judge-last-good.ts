import type { Answer, ExchangeRequest } from '../../exchange.ts';
import { readCacheControl } from '../../edge/cache/directives.ts';
import { joined } from '../../edge/cache/flat-headers.ts';
import { judgeAnswer, type Judgement } from '../../edge/cache/judge-answer.ts';

/** What can be given again as a good answer: nothing that only says that there is nothing. */
const good = new Set([200, 203, 204, 300, 301, 308]);
/** The manifest asks for last good answers, so nobody else need say how long one may be used. */
const terms = { kind: 'for', forMs: 1, missingMs: null } as const;

/**
 * Whether an answer may be given again while its feature fails, to whomever asks for the same; null
 * where not. A shared cache's rules hold, and stricter ones: nothing private, nothing with a
 * cookie, nothing that was asked for with credentials unless it says that it is public, and nothing
 * whose origin wants to be asked before each use.
 */
export function judgeLastGood(
  request: Pick<ExchangeRequest, 'method' | 'headers'>,
  { status, headers }: Pick<Answer, 'status' | 'headers'>,
  nowMs: number,
): Judgement | null {
  if (request.method !== 'GET' || !good.has(status)) return null;
  const judgement = judgeAnswer(request, { status, headers }, terms, nowMs);
  // That its time is over by now is no reason: it is kept for when there is nothing newer.
  if (judgement.refused !== null && judgement.refused !== 'no-lifetime') return null;
  if (judgement.freshness.mustValidate || judgement.freshness.neverStale) return null;
  // Whatever is said to shared caches alone: a ladder takes the origin's strictest word.
  const said = readCacheControl(joined(headers, 'cache-control') ?? '');
  if (strict.some((directive) => said.has(directive))) return null;
  if (joined(headers, 'set-cookie') !== undefined) return null;
  const isPersonal =
    joined(request.headers, 'authorization') !== undefined ||
    joined(request.headers, 'cookie') !== undefined;
  return isPersonal && !said.has('public') ? null : judgement;
}

const strict = ['private', 'no-store', 'no-cache', 'must-revalidate', 'proxy-revalidate'];
