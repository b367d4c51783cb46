import type { Exchange, ExchangeRequest } from '../../exchange.ts';

/**
 * A request to the service that several clients, or none, wait for: it goes on when the client that
 * began it goes away, until nobody wants it any more.
 */
export class DetachedExchange implements Exchange {
  readonly id: string;
  request: ExchangeRequest;
  readonly #leader: Exchange | null;
  #listener: (() => void) | null = null;
  #isAbandoned = false;

  /** Informational answers go to `leader`, where there is one. */
  constructor(first: Exchange, headers: readonly string[], leader: Exchange | null) {
    this.id = first.id;
    this.request = { ...first.request, method: 'GET', headers };
    this.#leader = leader;
  }

  inform(status: number, headers: readonly string[]): void {
    this.#leader?.inform(status, headers);
  }

  onAbandoned(listener: () => void): void {
    this.#listener = listener;
    if (this.#isAbandoned) listener();
  }

  abandon(): void {
    if (this.#isAbandoned) return;
    this.#isAbandoned = true;
    this.#listener?.();
  }
}
