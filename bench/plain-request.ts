import { readAddress } from '../src/data-plane/edge/admit/client-address.ts';
import { type ExchangeRequest, HeadMemo } from '../src/data-plane/exchange.ts';

/** A GET of a site, as the edge has admitted it. */
export function plainRequest(
  path: string,
  { address, headers }: { readonly address: string; readonly headers: readonly string[] },
): ExchangeRequest {
  const ip = readAddress(address);
  return {
    method: 'GET',
    path,
    query: null,
    host: 'site.example',
    authority: 'site.example',
    headers,
    client: {
      address,
      ip,
      peerIp: ip,
      isThroughTrustedHop: false,
      scheme: 'https',
      forwardedHost: null,
      forwardingLines: '',
    },
    marks: 0,
    memo: new HeadMemo(),
    tags: [],
    protocol: '1.1',
    trace: { traceparent: '', tracestate: null },
    body: null,
    expectContinue: false,
    acceptsTrailers: false,
    upgrade: null,
  };
}
