import type { Socket } from 'node:net';

import type { Timeout, TimerWheel } from '../../../lib/timer-wheel.ts';
import { openSocket, type Origin } from './origin.ts';
import { pumpRequestBody, type RequestBodyPump } from './request-body.ts';
import { ResponseParser, type ResponseListener } from './response-parser.ts';
import type { ResponseHead } from './response-head.ts';
import { ResponseBody } from './response-body.ts';
import { Tunnel } from './tunnel.ts';
import type { ConnectionOwner, Failure, UpstreamRequest } from './upstream-exchange.ts';

const CONNECT_TIMEOUT_MS = 3_000;
/** Longest silence in the middle of an answer; event streams are exempt. */
const BODY_IDLE_MS = 60_000;
const noTrailers: readonly string[] = [];

/**
 * All connections read into this one buffer: a read fills it and its callback empties it before the
 * next read starts, so nothing is allocated for a read. Whatever is kept must be copied out.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** One HTTP/1.1 connection to one origin, carrying one exchange at a time. */
export class UpstreamConnection implements ResponseListener {
  /** Monotonic times of its last use and until which it may be used again; kept by its pool. */
  usedAtMs = 0;
  /** Its present exchange is not its first, so the origin may have closed it at the same moment. */
  reused = false;
  usableUntilMs = 0;
  /** How long the origin says it keeps idle connections; null when it says nothing. */
  keepAliveMs: number | null = null;

  readonly #owner: ConnectionOwner<UpstreamConnection>;
  readonly #socket: Socket;
  readonly #parser = new ResponseParser(this);
  readonly #timeout: Timeout;
  #connected = false;
  #closed = false;
  #paused = false;
  #request: UpstreamRequest | null = null;
  /** The request, until it is settled. */
  #waiting: UpstreamRequest | null = null;
  #upload: RequestBodyPump | null = null;
  #head: ResponseHead | null = null;
  #chunks: Buffer[] = [];
  #complete = false;
  #spoilt = false;
  #trailers = noTrailers;
  #stream: ResponseBody | null = null;
  #tunnel: Tunnel | null = null;
  #error = '';

  constructor(origin: Origin, owner: ConnectionOwner<UpstreamConnection>, wheel: TimerWheel) {
    this.#owner = owner;
    this.#socket = openSocket(origin, {
      buffer: readBuffer,
      callback: (bytes: number) => this.#read(bytes),
    });
    this.#timeout = wheel.arm(CONNECT_TIMEOUT_MS, () => this.#timedOut());
    this.#socket
      .once(origin.tls === null ? 'connect' : 'secureConnect', () => this.#connect())
      .on('drain', () => {
        this.#upload?.resume();
        this.#tunnel?.drained();
      })
      .on('end', () => this.#ended())
      .on('error', (error) => {
        this.#error = error.message;
      })
      .once('close', () => this.#close());
  }

  /** Sends the request, now or once connected; its `settled` is called with what comes of it. */
  exchange(request: UpstreamRequest): void {
    this.#request = request;
    this.#waiting = request;
    this.#parser.expect(request.method);
    this.reused = this.#connected;
    if (this.#connected) this.#send(request);
    else this.#timeout.rearm(Math.min(CONNECT_TIMEOUT_MS, request.deadlineMs));
  }

  /** Gives the exchange up, because the client has gone or a body is too large. */
  abandon(failure: 'gone' | 'body-too-large'): void {
    this.#fail(failure, '');
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** For the streams that stand between this connection and the client. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#stream !== null && !this.#stream.endless) this.#timeout.rearm(BODY_IDLE_MS);
    this.#socket.resume();
  }

  write(chunk: Uint8Array | string): boolean {
    return typeof chunk === 'string'
      ? this.#socket.write(chunk, 'latin1')
      : this.#socket.write(chunk);
  }

  endWriting(): void {
    this.#socket.end();
  }

  #send(request: UpstreamRequest): void {
    const { body, head } = request;
    this.#timeout.rearm(request.deadlineMs);
    if (body === null) {
      this.#socket.write(head, 'latin1');
      return;
    }
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    if (body.kind === 'whole') this.#socket.write(body.bytes);
    else {
      this.#upload = pumpRequestBody(body, this, {
        progressed: () => {
          if (this.#waiting !== null) this.#timeout.rearm(request.deadlineMs);
        },
        failed: (failure) => this.#fail(failure, 'the request body'),
      });
    }
    this.#socket.uncork();
  }

  #connect(): void {
    this.#connected = true;
    if (this.#request === null) this.#timeout.cancel();
    else this.#send(this.#request);
  }

  #timedOut(): void {
    this.#fail(this.#connected ? 'late' : 'refused', 'not in time');
  }

  #read(bytes: number): boolean {
    if (this.#tunnel !== null) {
      if (!this.#tunnel.push(Buffer.from(readBuffer.subarray(0, bytes)))) this.#paused = true;
      return !this.#paused;
    }
    const fault = this.#parser.read(readBuffer, bytes);
    if (fault !== null && !this.#complete) this.#fail('malformed', fault);
    else if (this.#head !== null && this.#waiting !== null) {
      // Whatever follows a complete answer is not for this client, nor for the next one.
      if (fault !== null) this.#spoilt = true;
      this.#deliver(this.#head);
    }
    return !this.#paused;
  }

  informational(head: ResponseHead): void {
    this.#request?.exchange.inform(head.status, head.headers);
  }

  head(head: ResponseHead): void {
    this.#head = head;
  }

  body(chunk: Buffer): void {
    const copy = Buffer.from(chunk);
    if (this.#stream === null) {
      this.#chunks.push(copy);
      return;
    }
    if (this.#stream.push(copy)) {
      if (!this.#stream.endless) this.#timeout.rearm(BODY_IDLE_MS);
    } else {
      this.#paused = true;
      this.#timeout.cancel();
    }
  }

  end(trailers: readonly string[]): void {
    this.#complete = true;
    this.#trailers = trailers;
    if (this.#stream === null) return;
    const stream = this.#stream;
    this.#finish();
    stream.complete(trailers);
  }

  switched(head: ResponseHead, rest: Buffer): void {
    const waiting = this.#waiting;
    // To nothing but what was asked for (RFC 9110, section 7.8), and that is never anything else.
    if (head.upgrade?.toLowerCase() !== 'websocket' || waiting?.upgrades !== true) {
      this.#fail('malformed', '101 that was not asked for');
      return;
    }
    this.#timeout.cancel();
    this.#waiting = null;
    this.#tunnel = new Tunnel(this);
    if (rest.length > 0) this.#tunnel.push(Buffer.from(rest));
    const headers = [...head.headers, 'upgrade', head.upgrade];
    waiting.settled({
      kind: 'answer',
      answer: { status: 101, headers, body: null, tunnel: this.#tunnel },
    });
  }

  /** The head is here: settles with the whole answer if it came along, else with a stream of it. */
  #deliver(head: ResponseHead): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    this.#timeout.cancel();
    const { status, headers, framing, report } = head;
    if (this.#complete) {
      const body = this.#wholeBody();
      const trailers = this.#trailers;
      this.#finish();
      if (framing.kind === 'chunked' || framing.kind === 'until-close') {
        if (trailers.length === 0) headers.push('content-length', String(body?.length ?? 0));
      }
      const more = trailers.length > 0 ? { trailers: () => trailers } : null;
      waiting.settled({ kind: 'answer', answer: { status, headers, body, report, ...more } });
      return;
    }
    const stream = new ResponseBody(this, headers);
    this.#stream = stream;
    for (const chunk of this.#chunks) {
      if (!stream.push(chunk)) this.#paused = true;
    }
    this.#chunks = [];
    if (!stream.endless && !this.#paused) this.#timeout.rearm(BODY_IDLE_MS);
    const trailers = framing.kind === 'chunked' ? { trailers: () => stream.trailers } : null;
    waiting.settled({
      kind: 'answer',
      answer: { status, headers, body: stream, report, ...trailers },
    });
  }

  #wholeBody(): Buffer | null {
    if (this.#chunks.length <= 1) return this.#chunks[0] ?? null;
    return Buffer.concat(this.#chunks);
  }

  /**
   * The exchange is complete: the connection is given back, or closed when it cannot be used again.
   */
  #finish(): void {
    const sent = this.#upload?.done ?? true;
    const reusable = this.#head?.keepAlive === true && sent && !this.#spoilt;
    this.keepAliveMs = this.#head?.keepAliveMs ?? null;
    this.#reset();
    if (reusable && !this.#closed) this.#owner.reusable(this);
    else this.#socket.destroy();
  }

  #reset(): void {
    this.#timeout.cancel();
    this.#upload?.stop();
    this.#upload = null;
    this.#request = null;
    this.#waiting = null;
    this.#head = null;
    this.#stream = null;
    this.#complete = false;
    this.#trailers = noTrailers;
    if (this.#chunks.length > 0) this.#chunks = [];
    if (this.#paused) this.resume();
  }

  #ended(): void {
    if (this.#request === null) {
      this.#owner.closed(this);
      return;
    }
    const fault = this.#parser.finish();
    if (fault !== null) this.#fail('lost', fault);
    else if (this.#head !== null && this.#waiting !== null) this.#deliver(this.#head);
    this.#tunnel?.push(null);
  }

  #fail(failure: Failure, why: string): void {
    const waiting = this.#waiting;
    const stream = this.#stream;
    const sent = this.#connected;
    this.#reset();
    this.#socket.destroy();
    stream?.destroy(new Error(why));
    waiting?.settled({ kind: 'failed', failure, sent, why });
  }

  #close(): void {
    this.#closed = true;
    this.#timeout.cancel();
    this.#tunnel?.destroy();
    if (this.#request !== null) this.#fail(this.#connected ? 'lost' : 'refused', this.#error);
    this.#owner.closed(this);
  }
}
