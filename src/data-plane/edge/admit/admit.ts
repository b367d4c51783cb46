import type { Client, ExchangeRequest, RequestBody } from '../../exchange.ts';
import { type Authority, isSameAuthority, readAuthority } from './authority.ts';
import { type Peer, readClient } from './client-address.ts';
import type { ReadHead } from './read-head.ts';
import { readTarget, type Target } from './read-target.ts';
import { type Refusal, refuse } from './refusal.ts';
import { GivenTrace, isTraceparent, type TraceIds } from './trace-ids.ts';

/** A request as it came off the socket: its head parsed, nothing believed. */
export interface ReceivedRequest {
  readonly method: string;
  readonly target: string;
  /** `1.1`; `2` is HTTP/2 in frames, never the text that says so. */
  readonly version: string;
  /** Only HTTP/2 says it beside the target; null in HTTP/1.1. */
  readonly scheme: string | null;
  /** In HTTP/2 frames say whether there is a body; null in HTTP/1.1, where fields do. */
  readonly endsWithHead: boolean | null;
  /** Whether another protocol may follow on this connection. */
  readonly mayUpgrade: boolean;
  readonly head: ReadHead;
  readonly peer: Peer;
  body(lengthBytes: number | null): RequestBody;
}

export interface Admitted {
  readonly id: string;
  readonly request: ExchangeRequest;
}

const noAuthority: Authority = { authority: '', host: '' };
const requestIdPattern = /^[A-Za-z0-9._~+/=:-]{1,128}$/;
/**
 * TRACE would send secrets back and CONNECT is for forward proxies; the others are no methods of
 * HTTP but of protocols that Node's parser reads too.
 */
const neverPassedOn = new Set([
  'TRACE',
  'CONNECT',
  'ANNOUNCE',
  'DESCRIBE',
  'FLUSH',
  'GET_PARAMETER',
  'PAUSE',
  'PLAY',
  'PRI',
  'RECORD',
  'REDIRECT',
  'SETUP',
  'SET_PARAMETER',
  'SOURCE',
  'TEARDOWN',
]);

/**
 * Reads a request once and for all: what it asks for in one spelling, whom it is from, and nothing
 * in it that could be understood differently by whoever comes next (RFC 9112, sections 3.2 and
 * 6.3).
 */
export function admit(
  received: ReceivedRequest,
  trusts: (address: string) => boolean,
  ids: TraceIds,
): Admitted | Refusal {
  const { method, version } = received;
  if (version !== '1.1' && version !== '1.0' && version !== '2') {
    return refuse('version-not-supported', 'Use HTTP/1.1.');
  }
  if (neverPassedOn.has(method)) {
    return refuse('method-not-implemented', `${method} is not passed on.`);
  }
  const reading = received.head;
  if (reading.fault !== null) return reading.fault;
  // Node's parser goes by keep-alive, and would take for a request what follows the last one.
  if (reading.isTorn && version === '1.0') {
    return refuse('bad-request', 'Connection says both close and keep-alive.');
  }
  const target = readTarget(received.target, method);
  if ('problem' in target) return target;
  const authority = readHost(reading, target, version);
  if ('problem' in authority) return authority;
  const body = readBody(reading, received, version);
  if (body !== null && 'problem' in body) return body;
  const { traceparent } = reading;
  const trace =
    traceparent === null || !isTraceparent(traceparent)
      ? ids.make()
      : new GivenTrace(traceparent, reading.tracestate);
  const client: Client = readClient(received.peer, reading, authority.authority, trusts);
  const scheme = target.scheme ?? received.scheme;
  if (scheme !== null && scheme !== client.scheme && scheme !== received.peer.scheme) {
    return refuse('misdirected-request', 'The address is of another scheme than this connection.');
  }
  // Another method cannot open one (RFC 6455, section 4.1).
  const upgrade = received.mayUpgrade && method === 'GET' ? readUpgrade(reading) : null;
  if (upgrade !== null && body !== null) {
    return refuse('bad-request', 'What asks for another protocol has no body.');
  }
  const { requestId } = reading;
  return {
    id: requestId !== null && requestIdPattern.test(requestId) ? requestId : trace.id,
    request: {
      protocol: version,
      method,
      path: target.path,
      query: target.query,
      host: authority.host,
      authority: authority.authority,
      headers: reading.headers,
      marks: reading.marks,
      memo: reading.memo,
      client,
      tags: [],
      trace,
      body,
      expectContinue: body !== null && reading.expect !== null,
      acceptsTrailers:
        reading.te !== null && /(?:^|,)[\t ]*trailers[\t ]*(?:$|[,;])/i.test(reading.te),
      upgrade,
    },
  };
}

function readHost(reading: ReadHead, target: Target, version: string): Authority | Refusal {
  if (reading.hosts > 1) return refuse('bad-host', 'There is more than one Host header.');
  if (reading.hosts === 0 && version !== '1.0') {
    return refuse('bad-host', 'There is no Host header.');
  }
  const said = reading.hosts === 0 ? noAuthority : readAuthority(reading.host);
  if (said === null) return refuse('bad-host', 'The Host header is malformed.');
  if (target.authority === null) return said;
  const meant = readAuthority(target.authority);
  if (meant === null) return refuse('bad-host', 'The host in the address is malformed.');
  // The address would win (RFC 9112, section 3.2.2), but whoever comes next may go by Host.
  if (reading.hosts > 0 && !isSameAuthority(said, meant, target.scheme ?? 'http')) {
    return refuse('bad-host', 'The address and the Host header name different hosts.');
  }
  return meant;
}

function readBody(
  reading: ReadHead,
  received: ReceivedRequest,
  version: string,
): RequestBody | Refusal | null {
  const { contentLength, transferEncoding } = reading;
  if (received.endsWithHead !== null) {
    if (transferEncoding !== null) return refuse('bad-request', 'HTTP/2 has no codings.');
    if (received.endsWithHead) return null;
    return received.body(contentLength === null ? null : Number(contentLength));
  }
  if (transferEncoding !== null) {
    if (contentLength !== null || version === '1.0') {
      return refuse('bad-request', 'The length of the body is said in two ways.');
    }
    return received.body(null);
  }
  if (contentLength === null || Number(contentLength) === 0) return null;
  return received.body(Number(contentLength));
}

function readUpgrade(reading: ReadHead): 'websocket' | null {
  if (reading.upgrade === null || reading.connection === null) return null;
  const upgrade = /(?:^|,)[\t ]*upgrade[\t ]*(?:$|,)/i.test(reading.connection);
  return upgrade && reading.upgrade.toLowerCase() === 'websocket' ? 'websocket' : null;
}
