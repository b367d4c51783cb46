import type { Answer, ExchangeRequest, WireMemo } from '../../exchange.ts';
import { headerMarks } from '../../header-marks.ts';
import { problemAnswer } from '../../problems.ts';
import { readRanges } from '../frontends/byte-ranges.ts';
import { matchesWeakly } from '../frontends/entity-tags.ts';
import { joined } from './flat-headers.ts';
import { readHttpDate } from './http-date.ts';
import { ifRangeHolds } from './validators.ts';

/** A whole answer that is at hand, from the store or the service. */
export interface WholeAnswer {
  readonly status: number;
  /** Without Content-Length, which is that of the body. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly memo?: WireMemo;
}

/**
 * What a request gets of an answer that is at hand: 304 where its conditions say so (RFC 9111
 * 4.3.2), the range it asks for, the head alone, or all of it.
 */
export function useWhole(
  request: Pick<ExchangeRequest, 'method' | 'headers' | 'marks'>,
  answer: WholeAnswer,
): Answer {
  const { status, headers, body } = answer;
  if (isNotModified(request, answer)) return notModified(headers);
  if (request.method === 'HEAD') {
    return {
      status,
      headers: ['content-length', String(body.length), ...headers],
      body: null,
    };
  }
  const mayBePart = (request.marks & headerMarks.range) !== 0 && status === 200;
  const range = mayBePart ? joined(request.headers, 'range') : undefined;
  if (range === undefined || !ifRangeHolds(request.headers, headers)) {
    return allOf(answer);
  }
  return ofRange(range, answer);
}

function allOf({ status, headers, body, memo }: WholeAnswer): Answer {
  return memo === undefined ? { status, headers, body } : { status, headers, body, memo };
}

function ofRange(range: string, answer: WholeAnswer): Answer {
  const { headers, body } = answer;
  const asked = readRanges(range, body.length);
  if (asked.kind === 'unsatisfiable') return beyondIt(body.length);
  const [only, ...more] = asked.kind === 'ranges' ? asked.ranges : [];
  // Of several ranges the whole is as good an answer (RFC 9110 14.2).
  if (only === undefined || more.length > 0) return allOf(answer);
  const { start, end } = only;
  const contentRange = `bytes ${start}-${end - 1}/${body.length}`;
  return {
    status: 206,
    headers: ['content-range', contentRange, ...headers],
    body: body.subarray(start, end),
  };
}

/** For who asks for what lies beyond the end. */
export function beyondIt(lengthBytes: number): Answer {
  return problemAnswer('range-not-satisfiable', {
    detail: `The content is ${lengthBytes} bytes long.`,
    headers: ['content-range', `bytes */${lengthBytes}`],
  });
}

export function notModified(headers: readonly string[]): Answer {
  return { status: 304, headers: ofNotModified(headers), body: null };
}

/** Whether the client holds the answer already, by its conditions (RFC 9110 13.1.2, 13.1.3). */
export function isNotModified(
  { headers: asked, marks }: Pick<ExchangeRequest, 'headers' | 'marks'>,
  { status, headers }: Pick<WholeAnswer, 'status' | 'headers'>,
): boolean {
  if ((marks & headerMarks.held) === 0 || (status !== 200 && status !== 206)) return false;
  const tags = joined(asked, 'if-none-match');
  const etag = joined(headers, 'etag');
  // If-Modified-Since does not count beside tags (RFC 9110 13.1.3).
  if (tags !== undefined) {
    return etag === undefined ? tags.trim() === '*' : matchesWeakly(tags, etag.replace(/^W\//, ''));
  }
  const since = joined(asked, 'if-modified-since');
  if (since === undefined) return false;
  const sinceMs = readHttpDate(since);
  const changed = joined(headers, 'last-modified') ?? joined(headers, 'date');
  const changedMs = changed === undefined ? null : readHttpDate(changed);
  return sinceMs !== null && changedMs !== null && changedMs <= sinceMs;
}

/** What a 304 carries (RFC 9110 15.4.5): what caches go by, and nothing about a body. */
function ofNotModified(headers: readonly string[]): string[] {
  return headers.filter((_, index) => !aboutBody.has(headers[index - (index % 2)] ?? ''));
}

const aboutBody = new Set([
  'content-length',
  'content-type',
  'content-encoding',
  'content-language',
  'content-range',
]);
