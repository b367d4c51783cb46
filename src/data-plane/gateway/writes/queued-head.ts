import type { QueuedHead } from '../../../contract/queued-write.ts';
import type { Exchange } from '../../exchange.ts';
import type { Side } from '../route/compile-routes.ts';

/**
 * What a replay does not say again: credentials that would have expired by then, and what is about
 * this connection and this moment. Conditions stay: without them it would be another write.
 */
const ofTheMoment = new Set([
  'accept-encoding',
  'authorization',
  'cookie',
  'prefer',
  'range',
  'te',
  'x-csrf-token',
  'x-xsrf-token',
]);

/** A request as it is kept; `credential` is the header that says who asks, null for none. */
export function queuedHead(
  exchange: Exchange,
  side: Side,
  credential: string | null,
  order: string,
): QueuedHead {
  const { request } = exchange;
  const { method, path, query, host, authority, trace, tags, client } = request;
  const { address, scheme, forwardedHost, forwardingLines } = client;
  const headers: string[] = [];
  for (let i = 0; i < request.headers.length; i += 2) {
    const name = request.headers[i] ?? '';
    const isDropped = ofTheMoment.has(name) || name.startsWith('sec-');
    if (isDropped && name !== credential) continue;
    headers.push(name, request.headers[i + 1] ?? '');
  }
  return {
    side,
    method,
    path,
    query,
    host,
    authority,
    headers,
    requestId: exchange.id,
    traceparent: trace.traceparent,
    tracestate: trace.tracestate,
    tags,
    client: { address, scheme, forwardedHost, forwardingLines },
    order,
  };
}
