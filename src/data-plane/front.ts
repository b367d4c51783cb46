import type { Server } from 'node:http';
import { TLSSocket } from 'node:tls';

import { type StreamHandler, speakHttp2 } from './edge/receive/http2.ts';
import { boundBodyRate } from './edge/receive/slow-body.ts';
import { Http2Reply } from './edge/respond/http2-reply.ts';
import { NodeReply } from './edge/respond/node-reply.ts';
import type { Handshakes } from './edge/tls/handshakes.ts';
import { handleRequest, handleUpgrade } from './pipeline.ts';
import type { PipelineParts } from './stages.ts';
import { IdleLimit } from './edge/receive/idle-limit.ts';
import { type ClientConnection, type Listener, listen } from './edge/receive/listener.ts';
import { PlainConnection } from './edge/receive/plain-connection.ts';
import { PlainReply } from './edge/respond/plain-reply.ts';
import {
  createNodeHttp,
  keepTime,
  type ReceiveHandlers,
  type ReceiveLimits,
  refuseSlow,
} from './edge/receive/node-http.ts';

/** Where a listener is asked to be; port 0 is any. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

export interface FrontOptions {
  readonly place: Place;
  /** Those of the configuration in force. */
  limits(): ReceiveLimits & {
    /** Open connections of this front; more are refused. */
    readonly connections: number;
  };
  readonly parts: PipelineParts;
  /** What makes it a front with TLS; null for plain HTTP. */
  readonly handshakes: Handshakes | null;
  /** Whether plain heads are read by ourselves, in front of Node's parser. */
  readonly isFast: boolean;
  /** Counted together by all fronts of a worker. */
  readonly traffic: { requests: number; inFlight: number };
}

/**
 * Requests of one connection whose answers are not complete. Each takes memory and a place at a
 * service, and a client that reads nothing could ask for thousands in one packet.
 */
const MAX_PIPELINED = 64;

/**
 * One way into a worker: a listener, the parsers behind it, and the pipeline that takes what they
 * read. Rejects with TurnoutError `cannot-listen`.
 */
export async function openFront(options: FrontOptions): Promise<Listener> {
  const { parts } = options;
  let listener: Listener | null = null;
  const http = createNodeHttp(options.limits(), () => listener, handlersOf(options));
  const onStream = streamHandlerOf(options);
  listener = await listen({
    ...options.place,
    clock: parts.clock,
    maxConnections: options.limits().connections,
    connectionsOf: (address) =>
      parts.configuration()?.trusts(address) === true
        ? Infinity
        : options.limits().connectionsPerAddress,
    handshakes: options.handshakes,
    accepted(connection) {
      const { socket } = connection;
      if (socket instanceof TLSSocket && socket.alpnProtocol === 'h2') {
        speakHttp2(connection, options.limits(), parts.wheel, onStream);
      } else if (options.isFast) openPlainConnection(connection, http, options);
      else readByNode(connection, http, options);
    },
    closed: () => http.close(),
  });
  return listener;
}

function handlersOf(options: FrontOptions): ReceiveHandlers {
  const { parts, traffic } = options;
  return {
    request(received, req, res, connection) {
      const { requests } = connection;
      // Nothing is heard after the last answer, said by us or ended by Node.
      if (connection.finished || !connection.socket.writable) return;
      if (requests.length >= MAX_PIPELINED) {
        // Who pipelines must expect it (RFC 9112, section 9.3.2), and nobody honest asks for more.
        connection.socket.destroy();
        return;
      }
      const begin = (): void => {
        connection.idle?.stop();
        const reply = new NodeReply(req, res, connection, parts.wheel);
        count(options, connection);
        if (!req.complete && !req.readableEnded) {
          const bytes = (): number => connection.accepted.bytesRead;
          const { bodyBytesPerSecond } = options.limits();
          boundBodyRate(req, bytes, bodyBytesPerSecond, parts.wheel, () => refuseSlow(connection));
        }
        handleRequest(received, reply, parts);
        res.on('close', () => {
          discount(options, connection);
          reply.closed();
          // Node ends some connections by itself: after Expect without 100, for one.
          if (connection.finished || !connection.socket.writable) requests.drop();
          else requests.done();
          if (requests.length === 0) connection.idle?.start(options.limits().idleMs);
        });
      };
      requests.take({ req, res, begin });
    },
    upgrade(received, socket, head, connection) {
      traffic.requests++;
      connection.idle?.stop();
      // Never idle again: it ends with its socket.
      connection.inFlight++;
      handleUpgrade(received, socket, head, parts);
    },
  };
}

function streamHandlerOf(options: FrontOptions): StreamHandler {
  const { parts } = options;
  return (received, stream, connection, isHead) => {
    const reply = new Http2Reply(stream, isHead, parts.wheel);
    count(options, connection);
    stream.once('close', () => {
      discount(options, connection);
      reply.closed();
    });
    handleRequest(received, reply, parts);
  };
}

function count({ traffic }: FrontOptions, connection: ClientConnection): void {
  traffic.requests++;
  traffic.inFlight++;
  connection.inFlight++;
}

function discount({ traffic, parts }: FrontOptions, connection: ClientConnection): void {
  traffic.inFlight--;
  connection.inFlight--;
  connection.idleSinceMs = parts.wheel.nowMs;
}

/** By Node's parser, with the limits that are in force now. */
function readByNode(connection: ClientConnection, http: Server, options: FrontOptions): void {
  connection.idle = new IdleLimit(connection, options.parts.wheel);
  keepTime(http, options.limits());
  http.emit('connection', connection.socket);
}

/** Requests that are nothing but a head, and whatever else comes to Node's parser. */
function openPlainConnection(
  connection: ClientConnection,
  http: Server,
  options: FrontOptions,
): void {
  const { wheel } = options.parts;
  let reply: PlainReply | null = null;
  const whenDone = (): void => {
    reply = null;
    discount(options, connection);
    plain.answered();
  };
  const plain = new PlainConnection(connection, {
    limits: options.limits(),
    wheel,
    handBack: () => readByNode(connection, http, options),
    request(received) {
      count(options, connection);
      reply = new PlainReply(received.method, connection, wheel, whenDone);
      handleRequest(received, reply, options.parts);
    },
    closed: () => reply?.closed(),
  });
  plain.open();
}
