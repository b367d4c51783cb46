import { connectionOptions } from '../../connection-options.ts';
import { type AnswerHeaderName, answerHeaderName } from './answer-header-names.ts';

/**
 * The status line and header lines of an answer, read strictly: RFC 9112 with none of its
 * leniencies.
 */
export interface ResponseHead {
  readonly minorVersion: 0 | 1;
  readonly status: number;
  /** End-to-end headers, lower-case names; hop-by-hop, framing and Turnout's own are taken out. */
  readonly headers: string[];
  readonly framing: Framing;
  readonly keepAlive: boolean;
  /** From `Keep-Alive: timeout=N`; null when it was not said. */
  readonly keepAliveMs: number | null;
  /** From Upgrade, with status 101. */
  readonly upgrade: string | null;
  /** What the service says of its needs in `Service-Health`; null where it says nothing. */
  readonly report: string | null;
}

export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

/** What was wrong, in words for a log. */
export interface HeadFault {
  readonly fault: string;
}

// A whole head at once. Linear: no part can match what the next one begins with.
const wellFormed =
  /^HTTP\/1\.[01] [1-9][0-9]{2}(?: [\t -~\x80-\xff]*)?(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*)*$/;
// Any control byte but tab, and a CR or LF that is not part of a CRLF.
const forbidden = /[^\t\r\n -~\x80-\xff]|\r(?!\n)|(?<!\r)\n/;
const digits = /^[0-9]{1,15}$/;
const noFraming: Framing = { kind: 'none' };
const chunkedFraming: Framing = { kind: 'chunked' };
const untilClose: Framing = { kind: 'until-close' };

/**
 * True when `text` holds bytes that no head may hold, so that a wait for its end would be in vain.
 */
export function holdsForbiddenBytes(text: string): boolean {
  return forbidden.test(text);
}

class HeadReading {
  readonly headers: string[] = [];
  contentLength: string | null = null;
  transferEncoding: string | null = null;
  connection: string | null = null;
  keepAlive: string | null = null;
  upgrade: string | null = null;
  report: string | null = null;
}

/**
 * The header names of the last head of an origin, in order. Origins send the same names in the same
 * order for ever, and comparing in place is cheaper than looking a name up.
 */
export type HeadLayout = AnswerHeaderName[];

/**
 * Reads a head given without its final empty line; `method` is the request's, which framing depends
 * on.
 */
export function readResponseHead(
  text: string,
  method: string,
  layout: HeadLayout,
): ResponseHead | HeadFault {
  if (!wellFormed.test(text)) return { fault: 'a malformed head' };
  const firstEnd = text.indexOf('\r\n');
  const reading = new HeadReading();
  const fault = firstEnd === -1 ? null : readLines(text, firstEnd + 2, reading, layout);
  if (fault !== null) return { fault };
  const minorVersion = text.charCodeAt(7) === 0x31 ? 1 : 0;
  const status = Number(text.slice(9, 12));
  const framing = framingOf(method, status, minorVersion, reading);
  if (typeof framing === 'string') return { fault: framing };
  if (reading.connection !== null) dropNamed(reading.headers, reading.connection);
  // HEAD and 304 say what a GET would have carried; 204 and 1xx must not.
  if (reading.contentLength !== null && status >= 200 && status !== 204) {
    reading.headers.push('content-length', reading.contentLength);
  }
  return {
    minorVersion,
    status,
    headers: reading.headers,
    framing,
    keepAlive: keepsAlive(minorVersion, reading.connection) && framing !== untilClose,
    keepAliveMs: reading.keepAlive === null ? null : keepAliveMs(reading.keepAlive),
    upgrade: reading.upgrade,
    report: reading.report,
  };
}

/**
 * Reads header lines, known to be well formed, from `start`; returns what was wrong with them or
 * null.
 */
function readLines(
  text: string,
  start: number,
  into: HeadReading,
  layout: HeadLayout,
): string | null {
  let at = start;
  for (let i = 0; at < text.length; i++) {
    let end = text.indexOf('\r\n', at);
    if (end === -1) end = text.length;
    let known = layout[i];
    if (known === undefined || !text.startsWith(known.received, at)) {
      known = answerHeaderName(text.slice(at, text.indexOf(':', at) + 1));
      layout[i] = known;
    }
    if (known.use !== 'dropped') {
      const value = valueBetween(text, at + known.received.length, end);
      if (known.use === 'end-to-end') into.headers.push(known.name, value);
      else {
        const fault = keep(known.name, value, into);
        if (fault !== null) return fault;
      }
    }
    at = end + 2;
  }
  return null;
}

/** The value without white space around it; nearly always that is one space before it. */
function valueBetween(text: string, start: number, end: number): string {
  const from = text.charCodeAt(start) === 0x20 ? start + 1 : start;
  if (from >= end || (text.charCodeAt(from) > 0x20 && text.charCodeAt(end - 1) > 0x20)) {
    return text.slice(from, end);
  }
  return text.slice(from, end).trim();
}

function keep(name: string, value: string, into: HeadReading): string | null {
  switch (name) {
    case 'content-length':
      if (into.contentLength !== null && into.contentLength !== value) {
        return 'two different Content-Lengths';
      }
      into.contentLength = value;
      return null;
    case 'transfer-encoding':
      if (into.transferEncoding !== null) return 'two Transfer-Encodings';
      into.transferEncoding = value.toLowerCase();
      return null;
    case 'connection':
      into.connection = into.connection === null ? value : `${into.connection},${value}`;
      return null;
    case 'keep-alive':
      into.keepAlive = value;
      return null;
    case 'service-health':
      into.report = into.report === null ? value : `${into.report}, ${value}`;
      return null;
    default:
      into.upgrade = value;
      return null;
  }
}

/** RFC 9112, section 6.3; a string says what is wrong. */
function framingOf(
  method: string,
  status: number,
  minorVersion: number,
  reading: HeadReading,
): Framing | string {
  const { contentLength, transferEncoding } = reading;
  if (transferEncoding !== null) {
    if (contentLength !== null) return 'both Transfer-Encoding and Content-Length';
    if (transferEncoding !== 'chunked') return 'an unknown Transfer-Encoding';
    if (minorVersion === 0) return 'Transfer-Encoding in HTTP/1.0';
  }
  if (contentLength !== null && !digits.test(contentLength)) return 'a malformed Content-Length';
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return noFraming;
  if (transferEncoding !== null) return chunkedFraming;
  if (contentLength === null) return untilClose;
  return { kind: 'length', bytes: Number(contentLength) };
}

function keepsAlive(minorVersion: number, connection: string | null): boolean {
  if (connection === null || connection === 'keep-alive') {
    return minorVersion === 1 || connection !== null;
  }
  const options = connectionOptions(connection);
  if (options.has('close')) return false;
  return minorVersion === 1 || options.has('keep-alive');
}

function keepAliveMs(value: string): number | null {
  const seconds = /(?:^|,|\s)timeout=([0-9]{1,6})/.exec(value);
  return seconds === null ? null : Number(seconds[1]) * 1000;
}

function dropNamed(headers: string[], connection: string): void {
  if (connection === 'keep-alive' || connection === 'close') return;
  const named = connectionOptions(connection);
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if (named.has(headers[i] ?? '')) headers.splice(i, 2);
  }
}
