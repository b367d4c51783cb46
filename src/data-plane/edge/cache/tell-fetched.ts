import type { Answer, ExchangeRequest } from '../../exchange.ts';
import { withStatus } from './cache-answers.ts';
import type { Fetched } from './fetch-answer.ts';
import { without } from './flat-headers.ts';
import { ageMs, matchesVariant, remainingMs, type StoredAnswer } from './stored-answer.ts';
import { useStored } from './use-part.ts';
import { isNotModified, notModified, useWhole } from './use-stored.ts';

/** How long after its time an answer is used where nobody can be reached (RFC 9111 4.2.4). */
const DISCONNECTED_MS = 24 * 3_600_000;

/** Who is told of what was fetched. */
export interface Told {
  readonly request: ExchangeRequest;
  /** Whether it was fetched for this one: it gets the headers too that are not kept. */
  readonly isFirst: boolean;
  /** What was there before. */
  readonly stale: StoredAnswer | null;
  /** Whether what stands in for a failure is declared. */
  readonly hasLadder: boolean;
  readonly nowMs: number;
}

/** What a request gets of what is kept, told as such; null where that is not enough. */
export function use(
  request: ExchangeRequest,
  stored: StoredAnswer,
  status: string,
  nowMs: number,
): Answer | null {
  const answer = useStored(request, stored);
  if (answer === null) return null;
  const ageS = Math.max(0, Math.floor(ageMs(stored, nowMs) / 1_000));
  const ttlS = Math.floor(remainingMs(stored, nowMs) / 1_000);
  const isKept = status === 'hit';
  // A problem is of our own making, now.
  if (answer.problem !== undefined) {
    return { ...answer, more: ['cache-status', cacheStatus(status, ttlS)], isKept };
  }
  const more = isKept ? toldOfHit(stored, ageS, ttlS) : toldOf(status, ageS, ttlS);
  // Written out: this is the way of most requests, and a copy of any properties is a slow one.
  const { status: code, headers, body, memo } = answer;
  return memo === undefined
    ? { status: code, headers, body, more, isKept }
    : { status: code, headers, body, memo, more, isKept };
}

/** Many ask for the same within a second. */
function toldOfHit({ memo }: StoredAnswer, ageS: number, ttlS: number): readonly string[] {
  const { told } = memo;
  if (told !== null && told.ageS === ageS && told.ttlS === ttlS) return told.fields;
  const fields = toldOf('hit', ageS, ttlS);
  memo.told = { ageS, ttlS, fields };
  return fields;
}

function toldOf(status: string, ageS: number, ttlS: number): readonly string[] {
  return ['age', String(ageS), 'cache-status', cacheStatus(status, ttlS)];
}

function cacheStatus(status: string, ttlS: number): string {
  return `turnout; ${status}; ttl=${ttlS}`;
}

/** What stands in for an answer that failed; null where nothing may. */
export function useInstead(
  { request, stale, nowMs }: Told,
  failed: Answer,
  when: 'error' | 'disconnected',
): Answer | null {
  if (stale === null || !mayUse(stale, when, nowMs)) return null;
  const answer = use(request, stale, `fwd=stale; fwd-status=${failed.status}`, nowMs);
  const rung = { name: 'stale', ageMs: ageMs(stale, nowMs) } as const;
  return answer && { ...answer, rung };
}

/** Why it was not answered by what was there (RFC 9211 2.2). */
export function whyForwarded(stale: StoredAnswer | null): string {
  if (stale === null) return 'uri-miss';
  return stale.part === null ? 'stale' : 'partial';
}

/** The answer for any whose request it fits; null where it does not. */
export function tellFetched(fetched: Fetched, told: Told): Answer | null {
  const { request, isFirst, stale, nowMs } = told;
  const why = whyForwarded(stale);
  switch (fetched.kind) {
    case 'own':
      return null;
    case 'failed':
      return (
        useInstead(told, fetched.answer, told.hasLadder ? 'error' : 'disconnected') ??
        fetched.answer
      );
    case 'whole': {
      const { answer, headers } = fetched;
      if (!matchesVariant(answer.variant, request.headers)) return null;
      if (headers === null) return use(request, answer, `fwd=${why}; fwd-status=304`, nowMs);
      if (!isFirst) return use(request, answer, `fwd=${why}; stored`, nowMs);
      const { status, body } = answer;
      const first = { status, headers: without(headers, ofBody), body };
      return withStatus(useWhole(request, first), `fwd=${why}; stored`);
    }
    case 'flowing': {
      const { status, variant } = fetched;
      if (!matchesVariant(variant, request.headers)) return null;
      const headers = isFirst ? fetched.headers : fetched.keptHeaders;
      const how = `fwd=${why}; stored`;
      if (isNotModified(request, fetched)) return withStatus(notModified(headers), how);
      const body = fetched.body.read();
      return body === null ? null : withStatus({ status, headers, body }, how);
    }
  }
}

/** Made from the body. */
const ofBody = new Set(['content-length']);

function mayUse(stored: StoredAnswer, when: 'error' | 'disconnected', nowMs: number): boolean {
  const { mustValidate, neverStale, ifErrorMs } = stored.freshness;
  if (mustValidate || neverStale) return false;
  const ifDisconnectedMs = when === 'disconnected' ? DISCONNECTED_MS : 0;
  return -remainingMs(stored, nowMs) < Math.max(ifErrorMs, ifDisconnectedMs);
}
