import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { RequestBody } from '../../exchange.ts';
import { type ProblemCode, problemAnswer } from '../../problems.ts';
import type { ReceivedRequest } from '../admit/admit.ts';
import { headText } from '../respond/head-text.ts';
import { type ClientConnection, type Listener, reset } from './listener.ts';

/** Bounds on what a client may send and how slowly. */
export interface ReceiveLimits {
  readonly headBytes: number;
  /** Until the head of a request is complete. */
  readonly headMs: number;
  /** Until a request is complete, body and all. */
  readonly requestMs: number;
  /** How long a connection may be idle between requests. */
  readonly idleMs: number;
}

export interface ReceiveHandlers {
  request(
    received: ReceivedRequest,
    req: IncomingMessage,
    res: ServerResponse,
    connection: ClientConnection,
  ): void;
  upgrade(
    received: ReceivedRequest,
    socket: Duplex,
    head: Buffer,
    connection: ClientConnection,
  ): void;
}

/**
 * Node's HTTP parser as that which reads requests off accepted sockets; it never listens itself.
 */
export function createNodeHttp(
  limits: ReceiveLimits,
  listener: () => Listener | null,
  handlers: ReceiveHandlers,
): Server {
  const server = createServer({
    maxHeaderSize: limits.headBytes,
    headersTimeout: limits.headMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.max(250, Math.min(2_000, limits.headMs / 4)),
    // Admit looks for itself, and answers with a problem.
    requireHostHeader: false,
    insecureHTTPParser: false,
    highWaterMark: 64 * 1024,
    // A request without a body gets no life of a stream: it counts as read from the beginning.
    optimizeEmptyRequests: true,
    shouldUpgradeCallback: (req) =>
      req.method === 'GET' && req.headers.upgrade?.toLowerCase() === 'websocket',
  });
  server.maxHeadersCount = 256;
  const onRequest = (req: IncomingMessage, res: ServerResponse): void => {
    const connection = listener()?.of(req.socket);
    if (connection === undefined) {
      req.socket.destroy();
      return;
    }
    handlers.request(receivedFrom(req, connection), req, res, connection);
  };
  server.on('request', onRequest);
  // Without these Node would answer by itself: 100 too early, 417 without a problem.
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('upgrade', (req, socket, head) => {
    const connection = listener()?.of(req.socket);
    if (connection === undefined) socket.destroy();
    else handlers.upgrade(receivedFrom(req, connection), socket, head, connection);
  });
  server.on('connect', (_req, socket) => {
    refuse(socket, 'method-not-implemented', 'CONNECT is not passed on.');
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    clientError(error, socket, listener()?.of(socket as Socket));
  });
  // The server does not listen, and only then would it look for slow clients by itself.
  server.emit('listening');
  return server;
}

function receivedFrom(req: IncomingMessage, connection: ClientConnection): ReceivedRequest {
  return new NodeRequest(req, connection);
}

class NodeRequest implements ReceivedRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: readonly string[];
  readonly peer: ClientConnection['peer'];
  readonly #req: IncomingMessage;

  constructor(req: IncomingMessage, connection: ClientConnection) {
    this.method = req.method ?? '';
    this.target = req.url ?? '';
    this.version = req.httpVersion;
    this.headers = req.rawHeaders;
    this.peer = connection.peer;
    this.#req = req;
  }

  body(lengthBytes: number | null): RequestBody {
    const req = this.#req;
    return {
      lengthBytes,
      stream: req,
      trailers: () => req.rawTrailers.map((part, i) => (i % 2 === 0 ? part.toLowerCase() : part)),
    };
  }
}

const problemOfError: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['head-too-large', 'Send fewer or shorter headers.'],
  HPE_INVALID_VERSION: ['version-not-supported', 'Use HTTP/1.1.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-too-slow', 'Send the request faster.'],
};

/**
 * What the parser refused: answered when nothing else was begun on this connection, which then
 * ends.
 */
function clientError(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  connection: ClientConnection | undefined,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (connection !== undefined && connection.streaming > 0) {
    reset(connection);
    return;
  }
  if (connection?.finished === true) {
    endGently(socket);
    return;
  }
  const [problem, detail] = problemOfError[error.code ?? ''] ?? [
    'bad-request',
    'It is not HTTP/1.1.',
  ];
  refuse(socket, problem, detail);
}

function refuse(socket: Duplex, problem: ProblemCode, detail: string): void {
  const answer = problemAnswer(problem, { detail });
  const body = answer.body as Uint8Array;
  const headers = [...answer.headers, 'content-length', String(body.length), 'connection', 'close'];
  socket.write(headText(answer.status, headers), 'latin1');
  socket.write(body);
  endGently(socket);
}

/**
 * Ends our half. What the client still sends is read and forgotten for a moment, else a reset could
 * overtake the answer.
 */
function endGently(socket: Duplex): void {
  socket.end();
  socket.on('error', () => undefined).resume();
  const timer = setTimeout(() => socket.destroy(), 500);
  timer.unref();
  socket.once('end', () => socket.destroy());
}
