import type { Exchange } from '../../exchange.ts';
import { OUR_PSEUDONYM } from '../../via.ts';
import type { Origin } from './origin.ts';

/** The head as the service gets it. Framing is written anew from what was read, never copied. */
export function requestHead(exchange: Exchange, path: string, origin: Origin): string {
  const { request } = exchange;
  const { client, headers, trace, body } = request;
  const target = request.query === null ? path : `${path}?${request.query}`;
  let text = `${request.method} ${target} HTTP/1.1\r\nhost: ${origin.hostHeader ?? request.authority}\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  text += `via: ${request.protocol}${OUR_PSEUDONYM}\r\n${origin.isPartner ? '' : client.forwardingLines}x-request-id: ${exchange.id}\r\ntraceparent: ${trace.traceparent}\r\n`;
  if (trace.tracestate !== null) text += `tracestate: ${trace.tracestate}\r\n`;
  if (body !== null) {
    text +=
      body.lengthBytes === null
        ? 'transfer-encoding: chunked\r\n'
        : `content-length: ${body.lengthBytes}\r\n`;
    if (request.expectContinue) text += 'expect: 100-continue\r\n';
  } else if (mayHaveBody.has(request.method)) text += 'content-length: 0\r\n';
  if (request.upgrade !== null) text += `connection: upgrade\r\nupgrade: ${request.upgrade}\r\n`;
  else if (request.acceptsTrailers) text += 'connection: te\r\nte: trailers\r\n';
  return `${text}\r\n`;
}

/** Methods for which "no body" is worth saying (RFC 9110, section 8.6). */
const mayHaveBody = new Set(['POST', 'PUT', 'PATCH']);
