import type { ServerHttp2Stream } from 'node:http2';

import type { Exchange, ExchangeRequest } from '../../exchange.ts';
import type { Admitted } from '../admit/admit.ts';
import { fieldsOf } from './node-exchange.ts';

/** An exchange whose answer goes out on a stream of HTTP/2. */
export class Http2Exchange implements Exchange {
  readonly id: string;
  readonly request: ExchangeRequest;
  readonly #stream: ServerHttp2Stream;
  #abandoned: (() => void) | null = null;

  constructor(admitted: Admitted, stream: ServerHttp2Stream) {
    this.id = admitted.id;
    this.request = admitted.request;
    this.#stream = stream;
  }

  /** The stream is over, one way or the other. */
  closed(): void {
    if (!this.#stream.writableFinished) this.#abandoned?.();
  }

  inform(status: number, headers: readonly string[]): void {
    const stream = this.#stream;
    if (stream.headersSent || stream.destroyed || stream.closed) return;
    if (status === 100 && !this.request.expectContinue) return;
    stream.additionalHeaders({ ':status': status, ...fieldsOf(headers) });
  }

  onAbandoned(listener: () => void): void {
    if (this.#stream.destroyed || this.#stream.closed) listener();
    else this.#abandoned = listener;
  }
}
