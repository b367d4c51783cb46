import type { Server } from 'node:http';

import type { Handshakes } from './edge/tls/handshakes.ts';
import { handleRequest, handleUpgrade, type PipelineParts } from './pipeline.ts';
import { type ClientConnection, type Listener, listen } from './edge/receive/listener.ts';
import { PlainConnection } from './edge/receive/plain-connection.ts';
import type { PlainExchange } from './edge/receive/plain-exchange.ts';
import { NodeCarrier } from './edge/respond/node-carrier.ts';
import { PlainCarrier } from './edge/respond/plain-carrier.ts';
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
        const carrier = new NodeCarrier(req, res, connection, parts.wheel);
        const exchange = handleRequest(received, carrier, parts);
        res.on('close', () => {
          traffic.inFlight--;
          connection.inFlight--;
          connection.idleSinceMs = parts.wheel.nowMs;
          exchange?.closed();
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
  listener = await listen({
    ...options.place,
    clock: parts.clock,
    maxConnections: limits.connections,
    handshakes: options.handshakes,
    accepted: (connection) => {
      if (options.isFast) openPlainConnection(connection, http, options);
      else http.emit('connection', connection.socket);
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
  const plain = new PlainConnection(connection, {
    limits,
    wheel: parts.wheel,
    handBack: (socket) => http.emit('connection', socket),
    request(received, { socket }, done) {
      traffic.requests++;
      traffic.inFlight++;
      connection.inFlight++;
      let exchange: PlainExchange | null = null;
      const gone = (): void => {
        exchange?.abandon();
        carrier.done();
      };
      const carrier = new PlainCarrier(received.method, connection, parts.wheel, () => {
        socket.off('close', gone);
        traffic.inFlight--;
        connection.inFlight--;
        connection.idleSinceMs = parts.wheel.nowMs;
        done();
      });
      socket.once('close', gone);
      exchange = handleRequest(received, carrier, parts);
    },
  });
  plain.open();
}
