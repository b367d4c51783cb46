import type { Exchange, ExchangeRequest } from '../../exchange.ts';

/** The same request by another query. */
export class RequeriedExchange implements Exchange {
  readonly id: string;
  readonly request: ExchangeRequest;
  readonly #received: Exchange;

  constructor(received: Exchange, query: string | null) {
    this.id = received.id;
    this.request = { ...received.request, query };
    this.#received = received;
  }

  inform(status: number, headers: readonly string[]): void {
    this.#received.inform(status, headers);
  }

  onAbandoned(listener: () => void): void {
    this.#received.onAbandoned(listener);
  }
}
