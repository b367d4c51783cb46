import type { Server } from 'node:http';
import { TLSSocket } from 'node:tls';

import { type StreamHandler, speakHttp2 } from './edge/receive/http2.ts';
import { Http2Reply } from './edge/respond/http2-reply.ts';
import { NodeReply } from './edge/respond/node-reply.ts';
import type { Handshakes } from './edge/tls/handshakes.ts';
import { handleRequest, handleUpgrade, type PipelineParts } from './pipeline.ts';
import { type ClientConnection, type Listener, listen } from './edge/receive/listener.ts';
import { PlainConnection } from './edge/receive/plain-connection.ts';
import { PlainReply } from './edge/respond/plain-reply.ts';
import { createNodeHttp, type ReceiveLimits } from './edge/receive/node-http.ts';

/** Where a listener is asked to be; port 0 is any. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

export interface FrontOptions {
  readonly place: Place;
  readonly limits: ReceiveLimits & {
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
 * One way into a worker: a listener, the parser behind it, and the pipeline that takes what it
 * reads. Rejects with TurnoutError `cannot-listen`.
 */
export async function openFront(options: FrontOptions): Promise<Listener> {
  const { limits, parts, traffic } = options;
  let listener: Listener | null = null;
  const http = createNodeHttp(limits, () => listener, {
    request(received, req, res, connection) {
      const { requests } = connection;
      // Nothing is heard after the last answer.
      if (connection.finished) return;
      if (requests.length >= MAX_PIPELINED) {
        // Who pipelines must expect it (RFC 9112, section 9.3.2), and nobody honest asks for more.
        connection.socket.destroy();
        return;
      }
      const begin = (): void => {
        traffic.requests++;
        traffic.inFlight++;
        connection.inFlight++;
        const reply = new NodeReply(req, res, connection, parts.wheel);
        handleRequest(received, reply, parts);
        res.on('close', () => {
          traffic.inFlight--;
          connection.inFlight--;
          connection.idleSinceMs = parts.wheel.nowMs;
          reply.closed();
          // Node ends some connections by itself: after Expect without 100, for one.
          if (connection.finished || !connection.socket.writable) requests.drop();
          else requests.done();
        });
      };
      requests.take({ req, res, begin });
    },
    upgrade(received, socket, head, connection) {
      traffic.requests++;
      // Never idle again: it ends with its socket.
      connection.inFlight++;
      handleUpgrade(received, socket, head, parts);
    },
  });
  const onStream: StreamHandler = (received, stream, connection, isHead) => {
    traffic.requests++;
    traffic.inFlight++;
    connection.inFlight++;
    const reply = new Http2Reply(stream, isHead, parts.wheel);
    stream.once('close', () => {
      traffic.inFlight--;
      connection.inFlight--;
      connection.idleSinceMs = parts.wheel.nowMs;
      reply.closed();
    });
    handleRequest(received, reply, parts);
  };
  listener = await listen({
    ...options.place,
    clock: parts.clock,
    maxConnections: limits.connections,
    handshakes: options.handshakes,
    accepted(connection) {
      const { socket } = connection;
      if (socket instanceof TLSSocket && socket.alpnProtocol === 'h2') {
        speakHttp2(connection, limits, parts.wheel, onStream);
      } else if (options.isFast) openPlainConnection(connection, http, options);
      else http.emit('connection', socket);
    },
    closed: () => http.close(),
  });
  return listener;
}

/** Requests that are nothing but a head, and whatever else comes to Node's parser. */
function openPlainConnection(
  connection: ClientConnection,
  http: Server,
  { limits, parts, traffic }: FrontOptions,
): void {
  const { socket } = connection;
  const plain = new PlainConnection(connection, {
    limits,
    wheel: parts.wheel,
    handBack: (handed) => http.emit('connection', handed),
    request(received, done) {
      traffic.requests++;
      traffic.inFlight++;
      connection.inFlight++;
      const gone = (): void => reply.closed();
      const reply = new PlainReply(received.method, connection, parts.wheel, () => {
        socket.off('close', gone);
        traffic.inFlight--;
        connection.inFlight--;
        connection.idleSinceMs = parts.wheel.nowMs;
        done();
      });
      socket.once('close', gone);
      handleRequest(received, reply, parts);
    },
  });
  plain.open();
}
