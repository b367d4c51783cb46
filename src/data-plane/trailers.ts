/**
 * Fields that say how to read, route, trust or keep a message: never taken from trailers (RFC 9110,
 * section 6.5.1), which are read when all of that is decided.
 */
const neverTrailers = new Set([
  'accept-encoding',
  'age',
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'expect',
  'expires',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'location',
  'max-forwards',
  'pragma',
  'range',
  'retry-after',
  'service-health',
  'set-cookie',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
  'via',
  'warning',
  'www-authenticate',
  'x-request-id',
]);
const neverBeginnings = /^(?:if-|proxy-|x-forwarded-|x-turnout-)/;

/** Whether a trailer with this name, in lower case, is passed on. */
export function mayBeTrailer(name: string): boolean {
  return !neverTrailers.has(name) && !neverBeginnings.test(name);
}

/** A flat list of trailers in any case as it is passed on. */
export function passedTrailers(received: readonly string[]): readonly string[] {
  const passed: string[] = [];
  for (let i = 0; i < received.length; i += 2) {
    const name = (received[i] ?? '').toLowerCase();
    if (mayBeTrailer(name)) passed.push(name, received[i + 1] ?? '');
  }
  return passed;
}
