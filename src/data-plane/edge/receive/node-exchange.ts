import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import type { Exchange, ExchangeRequest } from '../../exchange.ts';
import type { Admitted } from '../admit/admit.ts';

/** An exchange whose answer goes out through Node's response object. */
export class NodeExchange implements Exchange {
  readonly id: string;
  request: ExchangeRequest;
  readonly #res: ServerResponse;
  #abandoned: (() => void) | null = null;

  constructor(admitted: Admitted, res: ServerResponse) {
    this.id = admitted.id;
    this.request = admitted.request;
    this.#res = res;
  }

  /** The response is over, one way or the other. */
  closed(): void {
    if (!this.#res.writableFinished) this.#abandoned?.();
  }

  inform(status: number, headers: readonly string[]): void {
    const res = this.#res;
    if (res.headersSent || res.destroyed || res.req.httpVersion !== '1.1') return;
    if (status === 100) {
      if (this.request.expectContinue) res.writeContinue();
      return;
    }
    res.writeInformation(status, fieldsOf(headers));
  }

  onAbandoned(listener: () => void): void {
    if (this.#res.destroyed) listener();
    else this.#abandoned = listener;
  }
}

/** A flat list as Node takes it for informational answers and trailers. */
export function fieldsOf(flat: readonly string[]): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? '';
    const value = flat[i + 1] ?? '';
    const before = result[name];
    result[name] = before === undefined ? value : [before, value].flat();
  }
  return result;
}

/** An exchange that asks for another protocol; it can be given no informational answer. */
export class UpgradeExchange implements Exchange {
  readonly id: string;
  request: ExchangeRequest;
  readonly #socket: Duplex;

  constructor(admitted: Admitted, socket: Duplex) {
    this.id = admitted.id;
    this.request = admitted.request;
    this.#socket = socket;
  }

  inform(): void {
    // A client that waits for 101 need not be told anything in between.
  }

  onAbandoned(listener: () => void): void {
    if (this.#socket.destroyed) listener();
    else this.#socket.once('close', listener);
  }
}
