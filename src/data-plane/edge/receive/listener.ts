import { createServer, type Server, type Socket } from 'node:net';

import type { Clock } from '../../../ports/clock/port.ts';
import { TurnoutError } from '../../../lib/errors.ts';
import { type Peer, plainAddress, readAddress } from '../admit/client-address.ts';
import { LastHead } from '../admit/read-head.ts';
import type { Handshakes } from '../tls/handshakes.ts';
import type { IdleLimit } from './idle-limit.ts';
import { RequestQueue } from './request-queue.ts';

/** One client connection and what it is doing. */
export interface ClientConnection {
  /** What is read from and written to: with TLS, what is inside. */
  readonly socket: Socket;
  /** What was accepted. */
  readonly accepted: Socket;
  readonly peer: Peer;
  /** In HTTP/1.1. */
  readonly lastHead: LastHead;
  /** Requests in HTTP/1.1, one after the other. */
  readonly requests: RequestQueue;
  /** Requests that were begun and whose answer is not complete. */
  inFlight: number;
  /** Answers that are being streamed: cut now, they would be truncated. */
  streaming: number;
  /** The last answer of this connection was written whole, saying so. */
  finished: boolean;
  /** Where Node's parser reads it: how long it may be idle. Null where others see to that. */
  idle: IdleLimit | null;
  /** Monotonic time since when nothing is in flight. */
  idleSinceMs: number;
  /**
   * HTTP/2: tells the client that what it has asked so far is all; null in HTTP/1.1, where answers
   * say it.
   */
  farewell: (() => void) | null;
  /** Closing: its answers say `Connection: close`, or half of it is closed already. */
  closing: boolean;
}

export interface Listener {
  readonly address: string;
  readonly port: number;
  readonly connections: number;
  /** True from the start of a planned stop. */
  readonly draining: boolean;
  of(socket: Socket): ClientConnection | undefined;
  /**
   * The planned stop. Only the listening socket closes at once, so that what was accepted is
   * served; busy connections learn with their next answer that it is the last; idle ones are closed
   * once they have been quiet for a while, when a request crossing with the close is least likely;
   * after `drainMs` the rest is cut.
   */
  close(drainMs: number): Promise<void>;
}

export interface ListenerOptions {
  readonly address: string;
  readonly port: number;
  readonly clock: Clock;
  readonly maxConnections: number;
  /** How many connections `address` may have open; more are closed at once. */
  connectionsOf(address: string): number;
  /** What makes a secure connection of an accepted socket; null for plain HTTP. */
  readonly handshakes: Handshakes | null;
  accepted(connection: ClientConnection): void;
  /** The last connection is closed. */
  closed(): void;
}

const SWEEP_MS = 50;
const QUIET_MS = 1_000;
/** How long a half-closed connection may take to close its half. */
const LINGER_MS = 1_000;

/**
 * Ends a connection so that nobody can take what it carried for whole: with TLS too, where a
 * goodbye would be said otherwise.
 */
export function reset({ accepted, socket }: ClientConnection): void {
  if (!accepted.destroyed) accepted.resetAndDestroy();
  if (socket !== accepted) socket.destroy();
}

/**
 * Listens with a bare TCP server, which gives connections away and can stop listening without
 * touching any.
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { clock, handshakes } = options;
  const open = new Map<Socket, ClientConnection>();
  let draining = false;
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true });
  server.maxConnections = options.maxConnections;
  const perAddress = new Map<string, number>();
  const take = (socket: Socket, accepted: Socket): void => {
    const scheme = handshakes === null ? 'http' : 'https';
    const address = plainAddress(accepted.remoteAddress ?? '');
    const connection: ClientConnection = {
      socket,
      accepted,
      peer: { address, ip: readAddress(address), scheme, known: null },
      lastHead: new LastHead(),
      requests: new RequestQueue(),
      inFlight: 0,
      streaming: 0,
      finished: false,
      idle: null,
      idleSinceMs: clock.monotonicMs(),
      farewell: null,
      closing: draining,
    };
    open.set(socket, connection);
    socket.once('close', () => open.delete(socket));
    options.accepted(connection);
  };
  server.on('connection', (socket) => {
    const address = plainAddress(socket.remoteAddress ?? '');
    const block = blockOf(address);
    const others = perAddress.get(block) ?? 0;
    if (others >= options.connectionsOf(address)) {
      socket.destroy();
      return;
    }
    perAddress.set(block, others + 1);
    socket.once('close', () => {
      const left = (perAddress.get(block) ?? 1) - 1;
      if (left === 0) perAddress.delete(block);
      else perAddress.set(block, left);
    });
    if (handshakes === null) take(socket, socket);
    else handshakes.begin(socket, (secured) => take(secured, socket));
  });
  const { address, port } = await startListening(server, options);
  return {
    address,
    port,
    get connections() {
      return open.size + (handshakes?.inFlight ?? 0);
    },
    get draining() {
      return draining;
    },
    of: (socket) => open.get(socket),
    async close(drainMs) {
      draining = true;
      server.close();
      for (const connection of open.values()) connection.closing = true;
      await drain(open, handshakes, clock, drainMs);
      options.closed();
    },
  };
}

/** Who has one address of IPv6 has all of its network (RFC 4291, section 2.5.4). */
function blockOf(address: string): string {
  return address.includes(':') ? address.split(':', 4).join(':') : address;
}

function startListening(
  server: Server,
  { address, port }: ListenerOptions,
): Promise<{ address: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new TurnoutError(
          'cannot-listen',
          `Cannot listen on ${address}:${port}: ${cause.message}`,
          cause.code === 'EADDRINUSE'
            ? 'Another program listens there. Stop it, or choose another port under `listen` in site.yaml.'
            : 'Check the address and port under `listen` in site.yaml.',
          { cause },
        ),
      );
    });
    server.listen({ host: address, port, reusePort: true, backlog: 4096 }, () => {
      const bound = server.address();
      if (bound === null || typeof bound === 'string') return;
      resolve({ address: bound.address, port: bound.port });
    });
  });
}

async function drain(
  open: Map<Socket, ClientConnection>,
  handshakes: Handshakes | null,
  clock: Clock,
  drainMs: number,
): Promise<void> {
  const startedMs = clock.monotonicMs();
  const quietMs = Math.min(QUIET_MS, drainMs / 2);
  const halfClosed = new Map<Socket, number>();
  for (;;) {
    const now = clock.monotonicMs();
    const isDone = open.size === 0 && (handshakes?.inFlight ?? 0) === 0;
    if (isDone || now - startedMs >= drainMs) break;
    for (const connection of open.values()) {
      const since = halfClosed.get(connection.socket);
      if (since !== undefined) {
        if (now - since > LINGER_MS) connection.socket.destroy();
      } else if (connection.inFlight === 0 && now - connection.idleSinceMs >= quietMs) {
        // Only our half: a client that is just sending gets a clean end, which it may retry on, not
        // a reset.
        halfClosed.set(connection.socket, now);
        if (connection.farewell === null) connection.socket.end();
        else connection.farewell();
      } else if (now - startedMs >= drainMs / 2) {
        // What still goes on may go on, but nothing new.
        connection.farewell?.();
      }
    }
    await clock.sleep(Math.min(SWEEP_MS, Math.max(1, drainMs - (now - startedMs))));
  }
  handshakes?.cut();
  for (const socket of open.keys()) socket.destroy();
}
