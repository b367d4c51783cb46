import { METHODS } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';

import type { RequestBody } from '../../exchange.ts';
import { passedTrailers } from '../../trailers.ts';
import type { ReceivedRequest } from '../admit/admit.ts';
import { type ReadHead, readHead } from '../admit/read-head.ts';
import { type Refusal, refuse } from '../admit/refusal.ts';
import type { ClientConnection } from './listener.ts';

/** Those that HTTP/1.1 lets in as well, so that no method is a way around the other protocol. */
const methods = new Set(METHODS);
const name = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const value = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;

/**
 * The head of a stream as admit reads it. What would be a head of another shape in HTTP/1.1, which
 * services get, is refused here: the names and values that HTTP/2 could carry are more (RFC 9113,
 * section 10.3).
 */
export class Http2Request implements ReceivedRequest {
  readonly method: string;
  readonly target: string;
  readonly version = '2';
  readonly scheme: string;
  readonly mayUpgrade = false;
  readonly endsWithHead: boolean;
  readonly head: ReadHead;
  readonly peer: ClientConnection['peer'];
  readonly #stream: ServerHttp2Stream;
  #trailers: readonly string[] = [];

  constructor(head: Http2Head, stream: ServerHttp2Stream, connection: ClientConnection) {
    this.method = head.method;
    this.target = head.path;
    this.scheme = head.scheme;
    this.head = readHead(head.fields);
    this.endsWithHead = stream.endAfterHeaders;
    this.peer = connection.peer;
    this.#stream = stream;
  }

  body(lengthBytes: number | null): RequestBody {
    // Node's types know no raw list here; there is one, as for every head.
    this.#stream.once('trailers', (_trailers, _flags, ...raw: unknown[]) => {
      const [list] = raw;
      if (isList(list) && isWellFormed(list)) this.#trailers = passedTrailers(list);
    });
    return { lengthBytes, stream: this.#stream, trailers: () => this.#trailers };
  }
}

export interface Http2Head {
  readonly method: string;
  readonly path: string;
  readonly scheme: string;
  /** Flat, `:authority` as Host, cookies as one. */
  readonly fields: readonly string[];
}

/** What a field takes besides its name and value (RFC 9113, section 10.5.1). */
const FIELD_BYTES = 32;

/** Reads a flat list of pseudo fields and fields (RFC 9113, section 8.3.1). */
export function readHttp2Head(raw: readonly string[], maxBytes: number): Http2Head | Refusal {
  // The client may not have heard yet how much it may send.
  const bytes = raw.reduce((sum, part) => sum + part.length, raw.length * (FIELD_BYTES / 2));
  if (bytes > maxBytes) return refuse('head-too-large', 'Send fewer or shorter headers.');
  const pseudo = new Map<string, string>();
  const fields: string[] = [];
  let cookieAt = -1;
  for (let i = 0; i < raw.length; i += 2) {
    const field = raw[i] ?? '';
    const said = raw[i + 1] ?? '';
    if (field.startsWith(':')) {
      if (pseudo.has(field)) return refuse('bad-request', `${field} is said twice.`);
      pseudo.set(field, said);
    } else if (field === 'cookie' && cookieAt !== -1) {
      // Crumbs of one field, which HTTP/1.1 has once (section 8.2.3).
      fields[cookieAt] += `; ${said}`;
    } else {
      if (field === 'cookie') cookieAt = fields.length + 1;
      fields.push(field, said);
    }
  }
  if (!isWellFormed(fields)) return refuse('bad-request', 'A field is malformed.');
  const method = pseudo.get(':method') ?? '';
  const path = pseudo.get(':path') ?? '';
  const scheme = pseudo.get(':scheme') ?? '';
  if (!methods.has(method)) {
    return refuse('method-not-implemented', 'This method is not passed on.');
  }
  if (method !== 'CONNECT' && !path.startsWith('/') && path !== '*') {
    return refuse('bad-path', 'The address does not begin with a slash.');
  }
  return { method, path, scheme, fields: withHost(fields, pseudo.get(':authority')) };
}

/** Where both name a host they must be one: a second Host is refused by admit. */
function withHost(fields: readonly string[], authority: string | undefined): readonly string[] {
  if (authority === undefined) return fields;
  const others = fields.filter((_, i) => {
    const at = i - (i % 2);
    return fields[at] !== 'host' || fields[at + 1]?.toLowerCase() !== authority.toLowerCase();
  });
  return ['host', authority, ...others];
}

function isWellFormed(flat: readonly string[]): boolean {
  return flat.every((part, i) => (i % 2 === 0 ? name : value).test(part));
}

function isList(raw: unknown): raw is readonly string[] {
  return Array.isArray(raw) && raw.every((part) => typeof part === 'string');
}
