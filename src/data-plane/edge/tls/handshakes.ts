import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';

import type { Clock } from '../../../ports/clock/port.ts';
import type { Certificates } from './certificates.ts';
import { contextOptions } from './context-options.ts';
import type { SessionTickets } from './session-tickets.ts';

/** What stands between an accepted socket and the parser where the public side speaks TLS. */
export interface Handshakes {
  /** Calls `done` once the client has proved that it speaks TLS; a handshake that fails ends it. */
  begin(socket: Socket, done: (secured: TLSSocket) => void): void;
  readonly inFlight: number;
  readonly counters: HandshakeCounters;
  /** Ends those in flight. */
  cut(): void;
  close(): void;
}

export interface HandshakeCounters {
  /** Complete ones, and those of them that went on with a session of before. */
  done: number;
  resumed: number;
  /** Ended by the client, by an error, or because they took too long. */
  failed: number;
  /** Given up for newer ones while too many were in flight. */
  givenUp: number;
}

export interface HandshakeLimits {
  /** From the accepted connection to the end of the handshake. */
  readonly handshakeMs: number;
  readonly handshakes: number;
}

interface Pending {
  readonly socket: Socket;
  readonly startedMs: number;
  readonly done: (secured: TLSSocket) => void;
}

const SWEEP_MS = 500;
/** What the parsers behind speak, best first. */
const spoken = ['h2', 'http/1.1'] as const;

/**
 * TLS by `certificates` on sockets that somebody else accepts. Who begins handshakes and does not
 * go on costs no more than its sockets for `handshakeMs`, dripped bytes or not; and when there are
 * too many of them the oldest gives way, because an honest client is done within a few round trips.
 */
export function createHandshakes(
  certificates: Certificates,
  tickets: SessionTickets,
  limits: HandshakeLimits,
  clock: Clock,
): Handshakes {
  const pending = new Map<string, Pending>();
  const counters: HandshakeCounters = { done: 0, resumed: 0, failed: 0, givenUp: 0 };
  const server = createTlsServer(certificates, tickets, limits);
  server.on('secureConnection', (secured) => {
    const key = nameOf(secured);
    const found = pending.get(key);
    if (found === undefined) {
      secured.destroy();
      return;
    }
    pending.delete(key);
    counters.done++;
    if (secured.isSessionReused()) counters.resumed++;
    found.done(secured);
  });
  // Scanners and broken clients: nothing to be said, and nobody to say it to.
  server.on('tlsClientError', (_error, secured) => secured.destroy());
  const sweep = clock.every(SWEEP_MS, () => {
    const oldestMs = clock.monotonicMs() - limits.handshakeMs;
    for (const { socket, startedMs } of pending.values()) {
      if (startedMs > oldestMs) break;
      socket.destroy();
    }
  });
  return {
    begin(socket, done) {
      const key = nameOf(socket);
      if (pending.size >= limits.handshakes) {
        const [oldest] = pending;
        if (oldest !== undefined) {
          counters.givenUp++;
          pending.delete(oldest[0]);
          oldest[1].socket.destroy();
        }
      }
      pending.set(key, { socket, startedMs: clock.monotonicMs(), done });
      socket.on('error', () => undefined);
      socket.once('close', () => {
        if (pending.get(key)?.socket !== socket) return;
        pending.delete(key);
        counters.failed++;
      });
      server.emit('connection', socket);
    },
    get inFlight() {
      return pending.size;
    },
    counters,
    cut() {
      for (const { socket } of pending.values()) socket.destroy();
    },
    close() {
      sweep.cancel();
    },
  };
}

/**
 * Both ends of a connection, which name it as long as it lives. All four parts: a client may use
 * one port of its own towards several of ours at once.
 */
function nameOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

/** A TLS server that never listens; new keys and certificates hold for new connections only. */
function createTlsServer(
  certificates: Certificates,
  tickets: SessionTickets,
  { handshakeMs }: HandshakeLimits,
): Server {
  const options = () => {
    const { fallback } = certificates;
    const shown = fallback === null ? {} : { cert: fallback.certificatePem, key: fallback.keyPem };
    return { ...contextOptions, ...shown, ticketKeys: tickets.key };
  };
  const server = createServer({
    ...options(),
    // A client that offers neither is told so.
    ALPNCallback: ({ protocols }) =>
      (certificates.offersHttp2 ? spoken : spoken.slice(1)).find((name) =>
        protocols.includes(name),
      ),
    handshakeTimeout: handshakeMs,
    SNICallback: (name, answer) => answer(null, certificates.contextFor(name.toLowerCase())),
  });
  const renew = (): void => server.setSecureContext(options());
  certificates.onChange(renew);
  tickets.onChange(renew);
  return server;
}
