import { request as httpRequest } from 'node:http';
import type { Agent as HttpAgent, ClientRequest, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { hopHeaders } from './hop-headers.ts';
import { requestContext } from './request-context.ts';

/** A request for a need, ready to be sent. */
export interface NeedRequest {
  readonly asked: Request;
  readonly body: Buffer | null;
  readonly authorization: string | null;
  readonly agent: HttpAgent;
  readonly signal: AbortSignal;
  /** Set once the need may have read of it: from then on nobody knows whether it was done. */
  readonly reach: { seen: boolean };
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** A kept connection may end just as it is used again: only then there is a second one. */
export async function sendToNeed(call: NeedRequest): Promise<IncomingMessage> {
  const stale = { seen: false };
  try {
    return await send(call, stale);
  } catch (error) {
    if (!stale.seen || !idempotent.has(call.asked.method) || call.signal.aborted) throw error;
    return send(call, stale);
  }
}

function send(call: NeedRequest, stale: { seen: boolean }): Promise<IncomingMessage> {
  const { asked, body, agent, signal } = call;
  const url = new URL(asked.url);
  const isTls = url.protocol === 'https:';
  const request = isTls ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: asked.method, headers: headersOf(call), agent, signal });
    noteReach(sent, isTls, call.reach);
    sent.once('error', (error: NodeJS.ErrnoException) => {
      stale.seen = sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(error);
    });
    sent.once('response', resolve);
    sent.end(body ?? undefined);
  });
}

/** Nothing goes out before there is a connection, and with TLS before it is secured. */
function noteReach(sent: ClientRequest, isTls: boolean, reach: { seen: boolean }): void {
  sent.once('socket', (socket) => {
    if (sent.reusedSocket || !socket.connecting) reach.seen = true;
    else socket.once(isTls ? 'secureConnect' : 'connect', () => (reach.seen = true));
  });
}

function headersOf({ authorization, asked, body }: NeedRequest): Record<string, string> {
  const headers = Object.fromEntries(asked.headers);
  // A length of another body would take the next request on the connection for a part of this one.
  for (const name of [...hopHeaders, 'host', 'content-length']) delete headers[name];
  headers['accept'] ??= '*/*';
  if (authorization !== null) headers['authorization'] ??= authorization;
  if (body !== null) headers['content-length'] = String(body.length);
  const context = requestContext.getStore();
  if (context === undefined) return headers;
  headers['x-request-id'] ??= context.requestId;
  if (context.traceparent !== null) headers['traceparent'] ??= context.traceparent;
  if (context.tracestate !== null) headers['tracestate'] ??= context.tracestate;
  return headers;
}
