import { bytesOf, combined } from './held-part.ts';
import type { Judgement } from './judge-answer.ts';
import { isFresh, type StoredAnswer } from './stored-answer.ts';
import { updatedHeaders } from './stored-headers.ts';

export interface GrownPart {
  readonly answer: StoredAnswer;
  /** What was held is in it; else it takes its place. */
  readonly isGrown: boolean;
}

/**
 * What is kept when a part came where `held` may have been (RFC 9111 3.4); null where that is
 * nothing new.
 */
export function grownPart(
  came: StoredAnswer,
  held: StoredAnswer | null,
  limitBytes: number,
  judge: (headers: readonly string[]) => Judgement,
): GrownPart | null {
  if (came.part === null || bytesOf(came.part) !== came.body.length) return null;
  if (held === null) return { answer: came, isGrown: false };
  const union = combined(held, came, limitBytes);
  if (union === null) {
    // What is whole and may be used is worth more than a part of something else.
    const isBetter = held.part === null && isFresh(held, came.receivedMs);
    return isBetter ? null : { answer: came, isGrown: false };
  }
  const headers = updatedHeaders(held.headers, came.headers, 0);
  const { refused, freshness } = judge(headers);
  if (refused !== null) return null;
  const status = union.part === null ? 200 : 206;
  return { answer: { ...came, ...union, status, headers, freshness }, isGrown: true };
}
