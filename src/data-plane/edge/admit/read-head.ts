import { HeadMemo } from '../../exchange.ts';
import { connectionOptions } from '../../connection-options.ts';
import { OUR_PSEUDONYM } from '../../via.ts';
import type { ForwardingHeaders } from './client-address.ts';
import { headerName, mayBeNamedByConnection } from './header-names.ts';
import { type Refusal, refuse } from './refusal.ts';

/** The fields of a request: those that are passed on, and those that are for us to read. */
export type ReadHead = Readonly<Reading>;

/** A request that has come through us this often is going in circles. */
const MAX_LOOPS = 4;
const digits = /^[0-9]{1,15}$/;
const codingsThenChunked = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+[\t ]*,[\t ]*)+chunked$/i;

class Reading implements ForwardingHeaders {
  headers: string[] = [];
  marks = 0;
  readonly memo = new HeadMemo();
  hosts = 0;
  host = '';
  contentLength: string | null = null;
  transferEncoding: string | null = null;
  connection: string | null = null;
  /** Connection says both `close` and `keep-alive`. */
  isTorn = false;
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
 * The fields of the last request of a connection: most clients say the same again and again, and
 * what they say is then not read again.
 */
export class LastHead {
  #said: readonly string[] = [];
  #head: ReadHead = readHead(this.#said);

  /** What the fields say: flat, names in any case. */
  read(received: readonly string[]): ReadHead {
    if (!isSame(received, this.#said)) {
      this.#said = received;
      this.#head = readHead(received);
    }
    return this.#head;
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  if (some === others) return true;
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
  return true;
}

/**
 * Reads the fields of a request once, whatever is asked of it: flat, names in any case. What it
 * gives is never changed, so that who sends the same fields again need not have them read again.
 */
export function readHead(received: readonly string[]): ReadHead {
  const reading = new Reading();
  for (let i = 0; i < received.length; i += 2) {
    const known = headerName(received[i] ?? '');
    reading.marks |= known.marks;
    if (known.use === 'end-to-end') reading.headers.push(known.name, received[i + 1] ?? '');
    else if (known.use === 'read') readHeader(reading, known.name, received[i + 1] ?? '');
  }
  if (reading.connection !== null) dropNamed(reading, reading.connection);
  return reading;
}

function readHeader(reading: Reading, name: string, value: string): void {
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
      if (value.split(OUR_PSEUDONYM).length > MAX_LOOPS) {
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

function readForwarding(reading: Reading, name: string, value: string): void {
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

function dropNamed(reading: Reading, connection: string): void {
  if (connection === 'keep-alive' || connection === 'close') return;
  const named = connectionOptions(connection);
  reading.isTorn = named.has('close') && named.has('keep-alive');
  reading.headers = reading.headers.filter((_, i, all) => {
    const name = all[i - (i % 2)] ?? '';
    return !named.has(name) || !mayBeNamedByConnection(name);
  });
}
