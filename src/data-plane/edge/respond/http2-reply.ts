import { constants, type ServerHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';

import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import { type Answer, type Exchange, header } from '../../exchange.ts';
import type { HealthText } from '../../gateway/saying/health-texts.ts';
import type { Admitted } from '../admit/admit.ts';
import { Http2Exchange } from '../receive/http2-exchange.ts';
import { fieldsOf } from '../receive/node-exchange.ts';
import { type Reply, SLICE_BYTES, slices, STALLED_CLIENT_MS } from './reply.ts';

/** The answer to a request in HTTP/2, on its stream. */
export class Http2Reply implements Reply {
  readonly #stream: ServerHttp2Stream;
  readonly #wheel: TimerWheel;
  readonly #isHead: boolean;
  #exchange: Http2Exchange | null = null;
  /** All of a streamed body has been handed over. */
  #isWhole = false;

  constructor(stream: ServerHttp2Stream, isHead: boolean, wheel: TimerWheel) {
    this.#stream = stream;
    this.#isHead = isHead;
    this.#wheel = wheel;
  }

  begin(admitted: Admitted): Exchange {
    this.#exchange = new Http2Exchange(admitted, this.#stream);
    return this.#exchange;
  }

  send(answer: Answer, health: HealthText | null): void {
    const stream = this.#stream;
    const { body } = answer;
    const headers = [':status', String(answer.status), ...answer.headers, ...(answer.more ?? [])];
    if (health !== null) headers.push('service-health', health.value);
    if (this.#exchange !== null) headers.push('x-request-id', this.#exchange.id);
    if (stream.destroyed || stream.closed) {
      if (body !== null && !(body instanceof Uint8Array)) body.destroy();
      return;
    }
    if (!stream.endAfterHeaders) this.#endUnread();
    const isWhole = body === null || body instanceof Uint8Array;
    const takesTrailers = this.#exchange?.request.acceptsTrailers === true;
    const trailers = takesTrailers ? answer.trailers : undefined;
    if (isWhole && header(headers, 'content-length') === undefined && body !== null) {
      headers.push('content-length', String(body.length));
    }
    if (body === null || this.#isHead) {
      stream.respond(headers, { endStream: true });
      if (!isWhole) body.destroy();
    } else if (isWhole && body.length <= SLICE_BYTES && trailers === undefined) {
      stream.respond(headers);
      stream.end(body);
    } else {
      // Node ends what it closes, as if it were whole, but for a stream that waits for trailers.
      stream.respond(headers, { waitForTrailers: true });
      stream.once('wantTrailers', () => {
        if (this.#isWhole && !stream.closed) stream.sendTrailers(fieldsOf(trailers?.() ?? []));
      });
      this.#pump(isWhole ? Readable.from(slices(body)) : body);
    }
  }

  cut(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  closed(): void {
    this.#exchange?.closed();
  }

  /** Once the answer is out nobody reads what is left of the request (RFC 9113, section 8.1). */
  #endUnread(): void {
    const stream = this.#stream;
    stream.once('finish', () => {
      if (!stream.readableEnded && !stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
    });
  }

  /** A body that fails on the way resets the stream: what was cut short never looks whole. */
  #pump(body: Readable): void {
    const stream = this.#stream;
    const stalled = this.#wheel.arm(STALLED_CLIENT_MS, () => {
      stream.close(constants.NGHTTP2_CANCEL);
    });
    stalled.cancel();
    body.on('data', (chunk: Buffer) => {
      if (stream.write(chunk)) return;
      body.pause();
      stalled.rearm(STALLED_CLIENT_MS);
    });
    stream.on('drain', () => {
      stalled.cancel();
      body.resume();
    });
    body.once('end', () => {
      this.#isWhole = true;
      stalled.rearm(STALLED_CLIENT_MS);
      stream.end();
    });
    body.once('error', () => this.cut());
    stream.once('close', () => {
      stalled.cancel();
      body.destroy();
    });
  }
}
