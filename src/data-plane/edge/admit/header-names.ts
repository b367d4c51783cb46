import { interned } from '../../../lib/interned.ts';
import { marksOf } from '../../header-marks.ts';

/** What is done with a request header, by its name. */
export type HeaderUse =
  /** Passed on. */
  | 'end-to-end'
  /** Speaks about this connection alone, or is only ours to say: taken out. */
  | 'dropped'
  /** Read by admit into a field of the request, and made anew where it is passed on. */
  | 'read';

export interface HeaderName {
  /** Lower case, one string object per name. */
  readonly name: string;
  readonly use: HeaderUse;
  /** Bits of `../../header-marks.ts`. */
  readonly marks: number;
}

const dropped = [
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'trailer',
  'service-health',
  'turnout-replay',
  'turnout-tags',
  'http2-settings',
];
const read = [
  'connection',
  'content-length',
  'expect',
  'forwarded',
  'host',
  'te',
  'traceparent',
  'tracestate',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
];

const uses = new Map<string, HeaderUse>([
  ...dropped.map((name) => [name, 'dropped'] as const),
  ...read.map((name) => [name, 'read'] as const),
]);

/**
 * Fields for all who read a request. A Connection that names one is no use of HTTP (RFC 9110,
 * section 7.6.1: never appropriate) but an attempt to have us take it away, credentials above all.
 */
const forAll = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-type',
  'cookie',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'origin',
  'range',
  'referer',
  'user-agent',
  'via',
]);

/** Whether a field is taken out where Connection names it; `name` is in lower case. */
export function mayBeNamedByConnection(name: string): boolean {
  return !forAll.has(name) && !name.startsWith('sec-');
}

const MAX_KNOWN = 2_000;
const known = new Map<string, HeaderName>();

/**
 * The name as received (any case) with its use; remembered, because clients send the same few names
 * for ever.
 */
export function headerName(received: string): HeaderName {
  const found = known.get(received);
  if (found !== undefined) return found;
  const name = interned(received.toLowerCase());
  const use = name.startsWith('x-turnout-') ? 'dropped' : (uses.get(name) ?? 'end-to-end');
  const made: HeaderName = { name, use, marks: marksOf(name) };
  // A flood of made-up names empties the memory rather than growing it.
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(received, made);
  return made;
}
