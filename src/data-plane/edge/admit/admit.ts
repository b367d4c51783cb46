import { connectionOptions } from '../../connection-options.ts';
import type { Client, ExchangeRequest, RequestBody, Trace } from '../../exchange.ts';
import { OUR_VIA } from '../../via.ts';
import { type Authority, isSameAuthority, readAuthority } from './authority.ts';
import { type ForwardingHeaders, type Peer, readClient } from './client-address.ts';
import { headerName, mayBeNamedByConnection } from './header-names.ts';
import { readTarget, type Target } from './read-target.ts';
import { type Refusal, refuse } from './refusal.ts';
import { isTraceparent, type TraceIds, traceIdOf } from './trace-ids.ts';

/** A request as it came off the socket: its head parsed, nothing believed. */
export interface ReceivedRequest {
  readonly method: string;
  readonly target: string;
  /** `1.1`; `2` is HTTP/2 in frames, never the text that says so. */
  readonly version: string;
  /** What HTTP/2 says beside the target; null in HTTP/1.1. */
  readonly scheme: string | null;
  /** Whether another protocol may follow on this connection. */
  readonly mayUpgrade: boolean;
  /** Flat, names in any case. */
  readonly headers: readonly string[];
  readonly peer: Peer;
  body(lengthBytes: number | null): RequestBody;
}

export interface Admitted {
  readonly id: string;
  readonly request: ExchangeRequest;
}

/** A request that has come through us this often is going in circles. */
const MAX_LOOPS = 4;
const noAuthority: Authority = { authority: '', host: '' };
const requestIdPattern = /^[A-Za-z0-9._~+/=:-]{1,128}$/;
const digits = /^[0-9]{1,15}$/;
const codingsThenChunked = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+[\t ]*,[\t ]*)+chunked$/i;
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

/** Header fields that admit reads itself; one object per request, filled in one pass. */
class HeadReading implements ForwardingHeaders {
  headers: string[] = [];
  hosts = 0;
  host = '';
  contentLength: string | null = null;
  transferEncoding: string | null = null;
  connection: string | null = null;
  expect: string | null = null;
  te: string | null = null;
  upgrade: string | null = null;
  traceparent: string | null = null;
  tracestate: string | null = null;
  requestId: string | null = null;
  forwardedFor: string | null = null;
  forwardedProto: string | null = null;
  forwardedHost: string | null = null;
  forwarded: string | null = null;
  fault: Refusal | null = null;
}

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
  const reading = readHeaders(received.headers);
  if (reading.fault !== null) return reading.fault;
  const target = readTarget(received.target, method);
  if ('problem' in target) return target;
  const authority = readHost(reading, target, version);
  if ('problem' in authority) return authority;
  const body = readBody(reading, received, version);
  if (body !== null && 'problem' in body) return body;
  const trace = readTrace(reading, ids);
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
    id:
      requestId !== null && requestIdPattern.test(requestId)
        ? requestId
        : traceIdOf(trace.traceparent),
    request: {
      method,
      path: target.path,
      query: target.query,
      host: authority.host,
      authority: authority.authority,
      headers: reading.headers,
      client,
      trace,
      body,
      expectContinue: body !== null && reading.expect !== null,
      acceptsTrailers:
        reading.te !== null && /(?:^|,)[\t ]*trailers[\t ]*(?:$|[,;])/i.test(reading.te),
      upgrade,
    },
  };
}

function readHeaders(received: readonly string[]): HeadReading {
  const reading = new HeadReading();
  for (let i = 0; i < received.length; i += 2) {
    const known = headerName(received[i] ?? '');
    if (known.use === 'end-to-end') reading.headers.push(known.name, received[i + 1] ?? '');
    else if (known.use === 'read') readHeader(reading, known.name, received[i + 1] ?? '');
  }
  if (reading.connection !== null) dropNamed(reading, reading.connection);
  return reading;
}

function readHeader(reading: HeadReading, name: string, value: string): void {
  switch (name) {
    case 'host':
      reading.hosts++;
      reading.host = value;
      break;
    case 'content-length':
      if (reading.contentLength !== null || !digits.test(value)) {
        reading.fault = refuse('bad-request', 'Content-Length is malformed or doubled.');
      }
      reading.contentLength = value;
      break;
    case 'transfer-encoding':
      if (reading.transferEncoding !== null || value.toLowerCase() !== 'chunked') {
        // Whole in its framing, but in a coding nobody here reads (RFC 9112, section 6.1).
        const isList = reading.transferEncoding === null && codingsThenChunked.test(value);
        reading.fault = refuse(
          isList ? 'coding-not-implemented' : 'bad-request',
          'Only one Transfer-Encoding, chunked, is understood.',
        );
      }
      reading.transferEncoding = value;
      break;
    case 'expect':
      if (value.toLowerCase() !== '100-continue') {
        reading.fault = refuse('expectation-failed', 'Only 100-continue can be expected.');
      }
      reading.expect = value;
      break;
    case 'connection':
      reading.connection = joined(reading.connection, value);
      break;
    case 'te':
      reading.te = joined(reading.te, value);
      break;
    case 'upgrade':
      reading.upgrade = joined(reading.upgrade, value);
      break;
    case 'via':
      reading.headers.push(name, value);
      if (value.split(OUR_VIA).length > MAX_LOOPS) {
        reading.fault = refuse('loop-detected', 'A proxy forwards to itself.');
      }
      break;
    case 'traceparent':
      // Two of them mean that neither can be trusted.
      reading.traceparent = reading.traceparent === null ? value : '';
      break;
    case 'tracestate':
      reading.tracestate = joined(reading.tracestate, value);
      break;
    default:
      readForwarding(reading, name, value);
  }
}

function readForwarding(reading: HeadReading, name: string, value: string): void {
  switch (name) {
    case 'x-request-id':
      reading.requestId = value;
      break;
    case 'x-forwarded-for':
      reading.forwardedFor = joined(reading.forwardedFor, value);
      break;
    case 'x-forwarded-proto':
      reading.forwardedProto = joined(reading.forwardedProto, value);
      break;
    case 'x-forwarded-host':
      reading.forwardedHost = joined(reading.forwardedHost, value);
      break;
    case 'forwarded':
      reading.forwarded = joined(reading.forwarded, value);
      break;
  }
}

function joined(before: string | null, value: string): string {
  return before === null ? value : `${before}, ${value}`;
}

function dropNamed(reading: HeadReading, connection: string): void {
  if (connection === 'keep-alive' || connection === 'close') return;
  const named = connectionOptions(connection);
  reading.headers = reading.headers.filter((_, i, all) => {
    const name = all[i - (i % 2)] ?? '';
    return !named.has(name) || !mayBeNamedByConnection(name);
  });
}

function readHost(reading: HeadReading, target: Target, version: string): Authority | Refusal {
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
  reading: HeadReading,
  received: ReceivedRequest,
  version: string,
): RequestBody | Refusal | null {
  const { contentLength, transferEncoding } = reading;
  if (transferEncoding !== null) {
    if (contentLength !== null || version === '1.0') {
      return refuse('bad-request', 'The length of the body is said in two ways.');
    }
    return received.body(null);
  }
  if (contentLength === null || Number(contentLength) === 0) return null;
  return received.body(Number(contentLength));
}

function readTrace(reading: HeadReading, ids: TraceIds): Trace {
  const { traceparent } = reading;
  if (traceparent === null || !isTraceparent(traceparent)) {
    return { traceparent: ids.traceparent(), tracestate: null };
  }
  return { traceparent, tracestate: reading.tracestate };
}

function readUpgrade(reading: HeadReading): 'websocket' | null {
  if (reading.upgrade === null || reading.connection === null) return null;
  const upgrade = /(?:^|,)[\t ]*upgrade[\t ]*(?:$|,)/i.test(reading.connection);
  return upgrade && reading.upgrade.toLowerCase() === 'websocket' ? 'websocket' : null;
}
