import type { Answer } from '../../exchange.ts';
import { joined, without } from './flat-headers.ts';
import type { Judgement } from './judge-answer.ts';

/** A newer answer says nothing of these: they are about the bytes that are kept. */
const ofBody = ['content-length', 'content-encoding', 'content-md5', 'content-range'];

/**
 * What is kept of an answer's headers (RFC 9111 3.1): Age, the length and, of a part, its range are
 * made anew for what is sent.
 */
export function keptHeaders(
  headers: readonly string[],
  { unkept }: Pick<Judgement, 'unkept'>,
  nowMs: number,
  isPart = false,
): readonly string[] {
  const kept = without(
    headers,
    new Set(['age', 'content-length', ...unkept, ...(isPart ? ['content-range'] : [])]),
  );
  if (joined(kept, 'date') === undefined) kept.push('date', new Date(nowMs).toUTCString());
  return kept;
}

/** What a newer answer about the same bytes, or a 304, makes of kept headers (RFC 9111 3.2). */
export function updatedHeaders(
  stored: readonly string[],
  newer: readonly string[],
  nowMs: number,
): readonly string[] {
  const told = without(newer, new Set(ofBody));
  if (joined(told, 'date') === undefined) told.push('date', new Date(nowMs).toUTCString());
  const names = new Set(told.filter((_, index) => index % 2 === 0));
  return [...without(stored, names), ...told];
}

/** What the origin is asked by whether an answer still holds (RFC 9111 4.3.1). */
export function validatorsOf({ headers }: Pick<Answer, 'headers'>): readonly string[] {
  const etag = joined(headers, 'etag');
  const changed = joined(headers, 'last-modified');
  return [
    ...(etag === undefined ? [] : ['if-none-match', etag]),
    ...(changed === undefined ? [] : ['if-modified-since', changed]),
  ];
}

/** A 304 about another version than ours says nothing about ours. */
export function contradicts(
  answer: Pick<Answer, 'headers'>,
  stale: Pick<Answer, 'headers'>,
): boolean {
  const told = joined(answer.headers, 'etag');
  return told !== undefined && !told.startsWith('W/') && told !== joined(stale.headers, 'etag');
}
