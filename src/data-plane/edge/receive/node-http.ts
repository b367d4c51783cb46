import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { RequestBody } from '../../exchange.ts';
import { type ProblemCode, problemAnswer } from '../../problems.ts';
import type { ClientLimits } from '../../../derive/worker-configuration.ts';
import { passedTrailers } from '../../trailers.ts';
import type { ReceivedRequest } from '../admit/admit.ts';
import type { ReadHead } from '../admit/read-head.ts';
import { headText } from '../respond/head-text.ts';
import { endGently } from './end-gently.ts';
import { FrugalMessage } from './frugal-message.ts';
import { FrugalResponse } from './frugal-response.ts';
import { type ClientConnection, type Listener, reset } from './listener.ts';

/** Bounds on what a client may send and how slowly. */
export interface ReceiveLimits extends ClientLimits {
  readonly headBytes: number;
}

export interface ReceiveHandlers {
  request(
    received: ReceivedRequest,
    req: IncomingMessage,
    res: FrugalResponse,
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
    // See `IdleLimit`.
    keepAliveTimeout: 0,
    connectionsCheckingInterval: Math.max(250, Math.min(2_000, limits.headMs / 4)),
    // Admit looks for itself, and answers with a problem.
    requireHostHeader: false,
    insecureHTTPParser: false,
    highWaterMark: 64 * 1024,
    IncomingMessage: FrugalMessage,
    ServerResponse: FrugalResponse,
    // A request without a body gets no life of a stream: it counts as read from the beginning.
    optimizeEmptyRequests: true,
    shouldUpgradeCallback: (req) =>
      req.method === 'GET' &&
      req.headers.upgrade?.toLowerCase() === 'websocket' &&
      isFree(listener()?.of(req.socket)),
  });
  server.maxHeadersCount = 256;
  const onRequest = (req: IncomingMessage, res: FrugalResponse): void => {
    const connection = listener()?.of(req.socket);
    if (connection === undefined) {
      req.socket.destroy();
      return;
    }
    handlers.request(new NodeRequest(req, connection, false), req, res, connection);
  };
  server.on('request', onRequest);
  // Without these Node would answer by itself: 100 too early, 417 without a problem.
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('upgrade', (req, socket, head) => {
    const connection = listener()?.of(req.socket);
    if (connection === undefined) socket.destroy();
    else handlers.upgrade(new NodeRequest(req, connection, true), socket, head, connection);
  });
  server.on('connect', (_req, socket) => {
    const connection = listener()?.of(socket as Socket);
    if (connection === undefined) socket.destroy();
    else refuseInTurn(socket, connection, ['method-not-implemented', 'CONNECT is not passed on.']);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    clientError(error, socket, listener()?.of(socket as Socket));
  });
  // The server does not listen, and only then would it look for slow clients by itself.
  server.emit('listening');
  return server;
}

/**
 * Whether a connection may become another one: behind another request, whose answer it must wait
 * for, or behind the last answer, what asks for that is a request like any other.
 */
function isFree(connection: ClientConnection | undefined): boolean {
  return connection?.requests.length === 0 && !connection.finished && connection.socket.writable;
}

class NodeRequest implements ReceivedRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly scheme = null;
  readonly endsWithHead = null;
  readonly mayUpgrade: boolean;
  readonly head: ReadHead;
  readonly peer: ClientConnection['peer'];
  readonly #req: IncomingMessage;

  constructor(req: IncomingMessage, connection: ClientConnection, mayUpgrade: boolean) {
    this.mayUpgrade = mayUpgrade;
    this.method = req.method ?? '';
    this.target = req.url ?? '';
    this.version = req.httpVersion;
    this.head = connection.lastHead.read(req.rawHeaders);
    this.peer = connection.peer;
    this.#req = req;
  }

  body(lengthBytes: number | null): RequestBody {
    const req = this.#req;
    return {
      lengthBytes,
      stream: req,
      trailers: () => passedTrailers(req.rawTrailers),
    };
  }
}

/** As Node's parser tells it. */
interface ParserError extends NodeJS.ErrnoException {
  readonly reason?: string;
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

type Why = readonly [ProblemCode, string];

const tooSlow: Why = ['request-too-slow', 'Send the request faster.'];
const malformed: Why = ['bad-request', 'It is not HTTP/1.1.'];

function problemOf(error: ParserError): Why {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return isInRequestLine(error)
        ? ['target-too-long', 'Ask for less in the address.']
        : ['head-too-large', 'Send fewer or shorter headers.'];
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return ['body-too-large', 'Send chunks without extensions.'];
    case 'HPE_INVALID_METHOD':
      return isToken(error)
        ? ['method-not-implemented', 'This method is not passed on.']
        : malformed;
    case 'HPE_INVALID_VERSION':
      return error.reason === 'Invalid HTTP version'
        ? ['version-not-supported', 'Use HTTP/1.1.']
        : malformed;
    case 'HPE_PAUSED_H2_UPGRADE':
      return ['version-not-supported', 'Use HTTP/1.1.'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return tooSlow;
    default:
      return malformed;
  }
}

/** Whether the head overflowed before its first line was over, as far as the last bytes tell. */
function isInRequestLine({ rawPacket }: ParserError): boolean {
  return rawPacket !== undefined && rawPacket[0] !== 13 && !rawPacket.includes('\n');
}

/** Whether what stands where the method should is at least a word (RFC 9110, section 15.6.2). */
function isToken({ rawPacket, bytesParsed = 0 }: ParserError): boolean {
  if (rawPacket === undefined) return false;
  const start = rawPacket.lastIndexOf('\n', bytesParsed) + 1;
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ /.test(rawPacket.toString('latin1', start, start + 8_192));
}

/** A client whose body drips: told so in its turn, and gone. */
export function refuseSlow(connection: ClientConnection): void {
  refuseInTurn(connection.socket, connection, tooSlow);
}

/** What changes with the configuration holds for requests to come. */
export function keepTime(server: Server, { headMs, requestMs }: ClientLimits): void {
  server.headersTimeout = headMs;
  server.requestTimeout = requestMs;
}

/**
 * What the parser refused: answered in its turn as the last answer of this connection, which is cut
 * where the answer to the same request has begun.
 */
function clientError(
  error: ParserError,
  socket: Duplex,
  connection: ClientConnection | undefined,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (connection === undefined) {
    refuse(socket, problemOf(error));
    return;
  }
  const { requests } = connection;
  if (error.code === 'HPE_CLOSED_CONNECTION' && requests.length > 0) {
    // The client said that there would be no more: the answer under way is the last, this nothing.
    return;
  }
  refuseInTurn(socket, connection, problemOf(error));
}

function refuseInTurn(socket: Duplex, connection: ClientConnection, why: Why): void {
  if (connection.finished) {
    endGently(socket);
    return;
  }
  const refusal = (): void => {
    connection.finished = true;
    refuse(socket, why);
  };
  connection.requests.fail(refusal, () => reset(connection));
}

function refuse(socket: Duplex, [problem, detail]: Why): void {
  const answer = problemAnswer(problem, { detail });
  const body = answer.body as Uint8Array;
  const headers = ['content-length', String(body.length), 'date', new Date().toUTCString()];
  const head = headText(answer.status, [...answer.headers, ...headers, 'connection', 'close']);
  socket.write(head, 'latin1');
  socket.write(body);
  endGently(socket);
}
