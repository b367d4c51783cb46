import type { Answer, ExchangeRequest } from '../../exchange.ts';
import { readRanges } from '../frontends/byte-ranges.ts';
import { joined } from './flat-headers.ts';
import { type HeldPart, sliceOf } from './held-part.ts';
import type { StoredAnswer } from './stored-answer.ts';
import { beyondIt, isNotModified, notModified, useWhole } from './use-stored.ts';
import { ifRangeHolds } from './validators.ts';

/**
 * What a request gets of what is kept: null where that is a part only, and the request is about
 * more (RFC 9111 3.3).
 */
export function useStored(
  request: Pick<ExchangeRequest, 'method' | 'headers' | 'marks'>,
  stored: StoredAnswer,
): Answer | null {
  const { part, headers, body } = stored;
  if (part === null) return useWhole(request, stored);
  // A head of a part is the head of nothing.
  if (request.method !== 'GET') return null;
  if (isNotModified(request, stored)) return notModified(headers);
  const range = joined(request.headers, 'range');
  if (range === undefined || !ifRangeHolds(request.headers, headers)) return null;
  return ofPart(range, part, body, headers);
}

function ofPart(
  range: string,
  part: HeldPart,
  body: Buffer,
  headers: readonly string[],
): Answer | null {
  const { lengthBytes } = part;
  const asked = readRanges(range, lengthBytes ?? Number.MAX_SAFE_INTEGER);
  if (asked.kind === 'unsatisfiable') return lengthBytes === null ? null : beyondIt(lengthBytes);
  const [only, ...more] = asked.kind === 'ranges' ? asked.ranges : [];
  if (only === undefined || more.length > 0) return null;
  const bytes = sliceOf(part, body, only);
  if (bytes === null) return null;
  const contentRange = `bytes ${only.start}-${only.end - 1}/${lengthBytes ?? '*'}`;
  return { status: 206, headers: ['content-range', contentRange, ...headers], body: bytes };
}
