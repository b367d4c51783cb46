import type { Exchange, ExchangeRequest } from '../../../src/data-plane/exchange.ts';

/** Who waits for an answer, until it goes away. */
export class SimulatedClient implements Exchange {
  readonly id: string;
  request: ExchangeRequest;
  #listener: (() => void) | null = null;
  #isGone = false;

  constructor(request: ExchangeRequest, n: number) {
    this.id = `r${n}`;
    this.request = request;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  inform(): void {}

  onAbandoned(listener: () => void): void {
    this.#listener = listener;
    if (this.#isGone) listener();
  }

  goAway(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#listener?.();
  }
}
