import type { Duplex, Readable } from 'node:stream';

import type { RungName } from '../contract/feature-health.ts';
import type { Address } from '../lib/address.ts';
import type { AnswerFailure } from './failure.ts';

/**
 * One request as every stage sees it: ours, never Node's, so that what reads the socket can change.
 *
 * Header lists are flat (`[name, value, name, value, …]`) with lower-case names in the order
 * received.
 */
export interface Exchange {
  /** The id in `X-Request-Id`: the client's own when it is well formed, else made. */
  readonly id: string;
  /** Replaced as a whole by a stage that adds to it. */
  request: ExchangeRequest;
  /**
   * Sends an informational answer (1xx) ahead of the final one; ignored where the client cannot
   * take it.
   */
  inform(status: number, headers: readonly string[]): void;
  /**
   * Calls `listener` (one only) if the client goes away before its answer is complete; at once if
   * it has gone.
   */
  onAbandoned(listener: () => void): void;
}

export interface ExchangeRequest {
  /** In which it came. */
  readonly protocol: '1.0' | '1.1' | '2';
  readonly method: string;
  /**
   * Normalised once: dot segments and duplicate slashes resolved, never holding `?`. Matched and
   * forwarded alike.
   */
  readonly path: string;
  /** Without `?`; null when there is none (`/a?` has an empty one). */
  readonly query: string | null;
  /** Lower case, without port; empty only where HTTP/1.0 sent none. */
  readonly host: string;
  /** As received, for what must name the port too. */
  readonly authority: string;
  /**
   * End-to-end headers that the client may set. Hop-by-hop ones, those named by Connection,
   * framing, Host, Expect, the forwarding headers and what only Turnout may say are taken out: they
   * are fields here or made anew.
   */
  readonly headers: readonly string[];
  /** Which of those that `header-marks.ts` names the client sent, as bits. */
  readonly marks: number;
  /** Beside these very headers: where a client says them again, it is there again. */
  readonly memo: HeadMemo;
  readonly client: Client;
  /** Words that rules gave it; services are told of them in `Turnout-Tags`. */
  readonly tags: readonly string[];
  readonly trace: Trace;
  readonly body: RequestBody | null;
  /** The client waits for 100 (Continue) before it sends its body. */
  readonly expectContinue: boolean;
  /** `TE: trailers` was said, so trailers of the answer may be passed on. */
  readonly acceptsTrailers: boolean;
  /** The protocol asked for by Upgrade; only `websocket` is ever passed on. */
  readonly upgrade: 'websocket' | null;
}

/** What was made of the headers of a request, for the next that says the same. */
export class HeadMemo {
  /** See `Candidates`. */
  of: readonly unknown[] | null = null;
  left: readonly unknown[] | null = null;
  /** See `originOf`. */
  origin: RequestOrigin | null = null;
}

/** What the cache calls the origin of the requests of one client to one authority. */
export interface RequestOrigin {
  readonly side: string;
  readonly client: Client;
  readonly authority: string;
  readonly text: string;
}

export interface Client {
  /**
   * The client's address, believed from forwarding headers only where the peer is a trusted hop.
   */
  readonly address: string;
  /** The same, read; null where it is no IP address. */
  readonly ip: Address | null;
  /** Who is at the other end of the connection: the client, or a hop before it. */
  readonly peerIp: Address | null;
  /** Whether the connection is a trusted hop's, so that the address is what it told. */
  readonly isThroughTrustedHop: boolean;
  readonly scheme: 'http' | 'https';
  /** The host that services are told it asked for, where a trusted hop says another than Host. */
  readonly forwardedHost: string | null;
  /**
   * `Forwarded` and `X-Forwarded-*` as they are passed on, ready to be sent: lines that end in
   * CRLF.
   */
  readonly forwardingLines: string;
}

export interface Trace {
  /** W3C trace context, the client's when valid, else made. */
  readonly traceparent: string;
  readonly tracestate: string | null;
}

export interface RequestBody {
  /** Null when it comes chunked. */
  readonly lengthBytes: number | null;
  readonly stream: Readable;
  /** Trailers, known once the stream has ended. */
  trailers(): readonly string[];
  /** All of it, where it was read before; then nobody reads the stream any more. */
  readonly whole?: Uint8Array;
}

export interface Answer {
  readonly status: number;
  /** The words behind the status, where they are not the usual ones. */
  readonly reason?: string;
  /**
   * Lower-case names. Content-Length may be left out; Date and connection headers are added when it
   * is sent.
   */
  readonly headers: readonly string[];
  /**
   * More of them, behind the others: what this answer alone has where the others are shared with
   * many. Of our own making, so that nothing in them can end a line.
   */
  readonly more?: readonly string[];
  /** Where it is given again and again: its status, headers and body are those of all times. */
  readonly memo?: WireMemo;
  /** Bytes, or a stream that is destroyed when the client goes away; null for none. */
  readonly body: Uint8Array | Readable | null;
  /** Trailers, asked for once the body has ended. */
  readonly trailers?: () => readonly string[];
  /** Set where it is an error of our own and not the service's word: its code. */
  readonly problem?: string;
  /**
   * What the service says of its needs (contract/service-health.ts), for the gateway alone: it is
   * none of the headers. Null or absent where it says nothing.
   */
  readonly report?: string | null;
  /** Set where the feature failed, so that its ladder may step in; never once a body has begun. */
  readonly failure?: AnswerFailure;
  /** The rung of its feature that it comes from; absent where the feature is as promised. */
  readonly rung?: AnswerRung;
  /** It was at hand, and nobody was asked for it. */
  readonly isKept?: boolean;
  /** With status 101: the other side of the tunnel that both sides now speak through. */
  readonly tunnel?: Duplex;
}

export interface AnswerRung {
  readonly name: RungName;
  /** How old it is, where it is one from before. */
  readonly ageMs?: number;
}

/**
 * A place beside what is answered with many times, for who writes it: how it looked the last time.
 * Held against what is to be written now, it is only used where that is the very same.
 */
export class WireMemo {
  text: WireText | null = null;
  /** What was last said of it beside its own headers: the same to all who ask within a second. */
  told: ToldFields | null = null;
}

export interface ToldFields {
  readonly ageS: number;
  readonly ttlS: number;
  /** Flat, as `more` of an answer. */
  readonly fields: readonly string[];
}

export interface WireText {
  readonly of: Pick<Answer, 'status' | 'reason' | 'headers' | 'body'>;
  /** Status line and fields, the length of the body among them. */
  readonly head: string;
  readonly hasDate: boolean;
  /** The last text made of the head and of what was said beside it. */
  front: WireFront | null;
}

export interface WireFront {
  readonly more: readonly string[] | undefined;
  readonly own: string;
  readonly date: string;
  readonly text: string | Uint8Array;
}

/** The first value of a header in a flat list, by its lower-case name. */
export function header(headers: readonly string[], name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] === name) return headers[i + 1];
  }
  return undefined;
}
