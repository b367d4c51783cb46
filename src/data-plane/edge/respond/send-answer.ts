import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

import { connectionOptions } from '../../connection-options.ts';
import { type Answer, header } from '../../exchange.ts';
import type { HealthText } from '../../gateway/saying/health-texts.ts';
import { reset } from '../receive/listener.ts';
import type { NodeReply } from './node-reply.ts';
import { SLICE_BYTES, slices, STALLED_CLIENT_MS } from './reply.ts';

/**
 * How long and how much of a body nobody wants is read, so that the client sees the answer and not
 * a reset.
 */
const LINGER_MS = 1_000;
const LINGER_BYTES = 1024 * 1024;

/** Where an answer goes; there is no exchange when the request was refused before it became one. */
type Target = Pick<NodeReply, 'req' | 'res' | 'connection' | 'exchange' | 'wheel'>;

/**
 * Writes an answer. A body that fails on the way destroys the connection with a reset, so that what
 * was cut short can never be taken for whole, not even where the end of the connection is the end
 * of the body.
 */
export function sendAnswer(answer: Answer, health: HealthText | null, reply: Target): void {
  const { body } = answer;
  if (reply.res.destroyed) {
    if (body !== null && !(body instanceof Uint8Array)) body.destroy();
    return;
  }
  const { req, exchange, connection } = reply;
  const headers =
    answer.more === undefined ? [...answer.headers] : [...answer.headers, ...answer.more];
  if (health !== null) headers.push('service-health', health.value);
  if (exchange !== null) headers.push('x-request-id', exchange.id);
  // The connection cannot be used again while it holds a body that nobody reads.
  const mayHaveBody = exchange === null ? !req.readableEnded : exchange.request.body !== null;
  const unread = mayHaveBody && !req.complete;
  const last = connection.closing || exchange === null || isLastOfOld(req);
  const isWhole = body === null || body instanceof Uint8Array;
  // Trailers need chunks, however short the body is.
  const needsChunks =
    answer.trailers !== undefined && exchange?.request.acceptsTrailers === true && !unread;
  if (isWhole && (body === null || unread || (body.length <= SLICE_BYTES && !needsChunks))) {
    if (last || unread) {
      headers.push('connection', 'close');
      connection.finished = true;
    }
    sendWhole(answer, headers, body, reply, unread);
  } else {
    if (last) headers.push('connection', 'close');
    if (body instanceof Uint8Array) {
      if (header(headers, 'content-length') === undefined && !needsChunks) {
        headers.push('content-length', String(body.length));
      }
      sendStream(answer, headers, Readable.from(slices(body)), reply);
    } else sendStream(answer, headers, body, reply);
  }
}

/** HTTP/1.0 without keep-alive; Node takes Proxy-Connection for it (RFC 9112, section 9.3). */
function isLastOfOld({ httpVersionMinor, headers }: IncomingMessage): boolean {
  return httpVersionMinor === 0 && !connectionOptions(headers.connection ?? '').has('keep-alive');
}

function sendWhole(
  answer: Answer,
  headers: string[],
  body: Uint8Array | null,
  { req, res }: Target,
  unread: boolean,
): void {
  const { status } = answer;
  if (header(headers, 'content-length') === undefined) {
    if (body !== null) headers.push('content-length', String(body.length));
    else if (req.method !== 'HEAD' && status !== 204 && status !== 304)
      headers.push('content-length', '0');
  }
  writeHead(res, answer, headers);
  if (unread) {
    if (body !== null) res.write(body);
    else res.flushHeaders();
    linger(req, () => res.end());
  } else if (body === null) {
    res.end();
  } else {
    res.end(body);
  }
}

/** With the reason phrase where one is set: Node makes up its own for statuses it does not know. */
function writeHead(res: ServerResponse, { status, reason }: Answer, headers: string[]): void {
  if (reason === undefined) res.writeHead(status, headers);
  else res.writeHead(status, reason, headers);
}

/** Reads and forgets for a bounded while what the client still sends. */
function linger(req: IncomingMessage, done: () => void): void {
  let bytes = 0;
  const finish = (): void => {
    clearTimeout(timer);
    req.off('data', onData).off('end', finish).off('close', finish);
    done();
  };
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES) finish();
  };
  const timer = setTimeout(finish, LINGER_MS);
  req.on('data', onData).once('end', finish).once('close', finish).resume();
}

function sendStream(answer: Answer, headers: string[], body: Readable, reply: Target): void {
  const { res, wheel, connection } = reply;
  const { trailers } = answer;
  connection.streaming++;
  writeHead(res, answer, headers);
  res.flushHeaders();
  const cut = (): void => {
    if (res.socket !== null) reset(connection);
  };
  const stalled = wheel.arm(STALLED_CLIENT_MS, cut);
  stalled.cancel();
  body.on('data', (chunk: Buffer) => {
    if (res.write(chunk)) return;
    body.pause();
    stalled.rearm(STALLED_CLIENT_MS);
  });
  res.on('drain', () => {
    stalled.cancel();
    body.resume();
  });
  body.once('end', () => {
    const fields = reply.exchange?.request.acceptsTrailers === true ? (trailers?.() ?? []) : [];
    if (fields.length > 0) res.addTrailers(pairs(fields));
    // What is written may still wait for the client; closing cancels it.
    stalled.rearm(STALLED_CLIENT_MS);
    res.end();
  });
  body.once('error', cut);
  res.once('close', () => {
    connection.streaming--;
    stalled.cancel();
    body.destroy();
  });
}

function pairs(flat: readonly string[]): [string, string][] {
  const result: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) result.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return result;
}
