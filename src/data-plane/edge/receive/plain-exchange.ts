import type { Socket } from 'node:net';

import type { Exchange, ExchangeRequest } from '../../exchange.ts';
import type { Admitted } from '../admit/admit.ts';
import { headText } from '../respond/head-text.ts';

/** An exchange whose answer is written straight to the socket. */
export class PlainExchange implements Exchange {
  readonly id: string;
  readonly request: ExchangeRequest;
  readonly #socket: Socket;
  #abandoned: (() => void) | null = null;
  #isAnswered = false;

  constructor({ id, request }: Admitted, socket: Socket) {
    this.id = id;
    this.request = request;
    this.#socket = socket;
  }

  /** From now on nothing goes ahead of the answer. */
  answered(): void {
    this.#isAnswered = true;
  }

  /** The connection is gone, and the answer was not whole. */
  abandon(): void {
    this.#abandoned?.();
  }

  inform(status: number, headers: readonly string[]): void {
    // Nobody waits for 100: there is no body.
    if (status === 100 || this.#isAnswered || !this.#socket.writable) return;
    this.#socket.write(headText(status, headers), 'latin1');
  }

  onAbandoned(listener: () => void): void {
    if (this.#socket.destroyed) listener();
    else this.#abandoned = listener;
  }
}
