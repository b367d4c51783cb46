import { type Exchange, type ExchangeRequest, HeadMemo, type Trace } from '../../../exchange.ts';

/** A request that the site makes by itself, of nobody. */
export class SiteExchange implements Exchange {
  readonly id: string;
  request: ExchangeRequest;
  #listener: (() => void) | null = null;

  constructor(id: string, path: string, host: string, trace: Trace) {
    this.id = id;
    this.request = {
      protocol: '1.1',
      method: 'GET',
      path,
      query: null,
      host,
      authority: host,
      headers: ['accept', '*/*', 'accept-encoding', 'identity', 'user-agent', 'Turnout'],
      marks: 0,
      memo: new HeadMemo(),
      client: {
        address: '127.0.0.1',
        ip: null,
        peerIp: null,
        isThroughTrustedHop: false,
        scheme: 'https',
        forwardedHost: null,
        forwardingLines: `x-forwarded-host: ${host}\r\nx-forwarded-proto: https\r\n`,
      },
      tags: [],
      trace,
      body: null,
      expectContinue: false,
      acceptsTrailers: false,
      upgrade: null,
    };
  }

  inform(): void {
    // Nobody waits for it.
  }

  onAbandoned(listener: () => void): void {
    this.#listener = listener;
  }

  abandon(): void {
    this.#listener?.();
  }
}
