import type { Answer } from '../../exchange.ts';
import { problemAnswer } from '../../problems.ts';
import type { EncodingWeights } from './accept-encoding.ts';
import { readRanges, type RangeRequest } from './byte-ranges.ts';
import type { ContentStore } from './content-store.ts';
import { matchesStrongly, matchesWeakly } from './entity-tags.ts';
import type { FileRequest } from './file-request.ts';
import { chooseVersion, type Page, type PageVersion } from './page.ts';
import { rangeAnswer, unsatisfiableAnswer } from './range-answer.ts';

/**
 * Answers with a page: preconditions, then ranges, in the order of RFC 9110 13.2.2. A release has
 * no modification dates, so conditions on dates do not apply (13.1.3, 13.1.4) and an If-Range with
 * a date never holds.
 */
export function answerPage(
  store: ContentStore,
  page: Page,
  request: FileRequest,
  weights: EncodingWeights,
): Answer | Promise<Answer> {
  const negotiated = chooseVersion(page, weights);
  // Conditions and ranges are about the answer 200 alone.
  if (page.status === 404) return wholeAnswer(store, page, request.method, negotiated);
  const wanted = wantedRanges(page, request);
  // Ranges are of the identity: a client that joins pieces must not have to know which coding each
  // came in.
  const version = wanted.kind === 'whole' ? negotiated : page.identity;
  const { etag } = version.representation;
  const { ifMatch, ifNoneMatch, method } = request;
  if (ifMatch !== undefined && !matchesStrongly(ifMatch, etag)) return preconditionFailed(request);
  if (ifNoneMatch !== undefined && matchesWeakly(ifNoneMatch, etag)) return version.notModified;
  if (wanted.kind === 'whole') return wholeAnswer(store, page, method, version);
  if (wanted.kind === 'unsatisfiable') return unsatisfiableAnswer(version, request.id);
  return rangeAnswer(store, version, wanted.ranges);
}

const whole: RangeRequest = { kind: 'whole' };

/**
 * Range is for GET alone (RFC 9110 14.2), and If-Range compares strongly: pieces of different bytes
 * are never joined.
 */
function wantedRanges({ identity }: Page, { method, range, ifRange }: FileRequest): RangeRequest {
  if (range === undefined || method !== 'GET') return whole;
  const { etag, content } = identity.representation;
  if (ifRange !== undefined && ifRange !== etag) return whole;
  return readRanges(range, content.bytes);
}

function wholeAnswer(
  store: ContentStore,
  page: Page,
  method: string,
  version: PageVersion,
): Answer | Promise<Answer> {
  if (method === 'HEAD') return version.head;
  const { holding, headers, memo } = version;
  if (holding === null || holding.bytes === null) return readWhole(store, page.status, version);
  holding.used = true;
  return { status: page.status, headers, body: holding.bytes, memo };
}

async function readWhole(
  store: ContentStore,
  status: number,
  version: PageVersion,
): Promise<Answer> {
  const { headers, representation, memo } = version;
  const { content } = representation;
  const held = await store.hold(content);
  if (held !== null) {
    version.holding = held.holding;
    return { status, headers, body: held.bytes, memo };
  }
  const body = await store.read(content, [{ start: 0, end: content.bytes }]);
  return { status, headers, body };
}

function preconditionFailed({ id }: FileRequest): Answer {
  return problemAnswer('precondition-failed', {
    detail: 'The file is another one by now.',
    requestId: id,
  });
}
