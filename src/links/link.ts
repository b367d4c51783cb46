import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { LinkRecord, LinkStatus } from '../contract/links.ts';
import { findPortOwner } from '../lib/port-owner.ts';
import type { Clock, Timer } from '../ports/clock/port.ts';
import { pump } from './pump.ts';
import type { Pump } from './pump.ts';

export interface LinkLimits {
  /** Open connections of one link; more are reset. */
  readonly connections: number;
  /** How long the target may take to accept one. */
  readonly connectMs: number;
}

/** One client of a link, from its arrival until both its halves are closed. */
interface Connection {
  readonly client: Socket;
  /** Null while the link hangs and the target has not been called yet. */
  target: Socket | null;
  /** Null until the target has accepted. */
  pump: Pump | null;
}

const listenAgainMs = 500;
/** A target whose machine is gone says nothing: the kernel asks after this much silence. */
const keepAliveMs = 60_000;

/** One TCP proxy: listens on its port, and does with each connection what its record says. */
export class Link {
  #record: LinkRecord;
  readonly #clock: Clock;
  readonly #limits: LinkLimits;
  /** Called when it listens, or cannot, or opens by itself. */
  readonly #changed: () => void;
  readonly #connections = new Set<Connection>();
  #server: Server | null = null;
  #isListening = false;
  #reason: string | null = null;
  #state: 'open' | 'cut' | 'hang' = 'open';
  #isClosing = false;
  #opens: Timer | null = null;
  #listensAgain: Timer | null = null;
  #accepted = 0;
  #refused = 0;
  #bytesToTarget = 0;
  #bytesFromTarget = 0;

  constructor(record: LinkRecord, clock: Clock, limits: LinkLimits, changed: () => void) {
    this.#record = record;
    this.#clock = clock;
    this.#limits = limits;
    this.#changed = changed;
    this.#apply();
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Takes over what is new in the record; connections that are open stay where they go. */
  configure(record: LinkRecord): void {
    const before = this.#record;
    this.#record = record;
    if (record.port !== before.port) this.#stopListening();
    this.#apply();
  }

  /** Takes no new connection; what is open goes on, and so do the faults. */
  stopAccepting(): void {
    this.#isClosing = true;
    this.#stopListening();
  }

  /** Resets what is left, and is done. */
  close(): void {
    this.stopAccepting();
    this.#opens?.cancel();
    this.#resetAll();
  }

  status(): LinkStatus {
    const { service, need, server, port } = this.#record;
    const live = [...this.#connections];
    return {
      service,
      need,
      server,
      port,
      state: this.#state === 'cut' || this.#isListening ? this.#state : 'failed',
      reason: this.#reason,
      connections: live.length,
      accepted: this.#accepted,
      refused: this.#refused,
      bytesToTarget: live.reduce((sum, { client }) => sum + client.bytesRead, this.#bytesToTarget),
      bytesFromTarget: live.reduce(
        (sum, { target }) => sum + (target?.bytesRead ?? 0),
        this.#bytesFromTarget,
      ),
    };
  }

  #apply(): void {
    const { fault } = this.#record;
    const leftMs = (fault?.untilMs ?? 0) - this.#clock.nowMs();
    const before = this.#state;
    this.#state = fault === null || leftMs <= 0 ? 'open' : fault.kind;
    this.#opens?.cancel();
    // A timer takes 31 bits of milliseconds; one that is early looks again.
    this.#opens =
      this.#state === 'open'
        ? null
        : this.#clock.after(Math.min(leftMs, 2 ** 31 - 1), () => this.#apply());
    if (this.#state === 'cut') {
      this.#stopListening();
      this.#resetAll();
    } else {
      this.#listen();
      for (const connection of this.#connections) this.#steer(connection);
    }
    if (this.#state !== before) this.#changed();
  }

  #steer(connection: Connection): void {
    if (this.#state === 'hang') connection.pump?.hold();
    else if (connection.target === null) this.#callTarget(connection);
    else connection.pump?.release();
  }

  #listen(): void {
    if (this.#server !== null || this.#isClosing) return;
    this.#listensAgain?.cancel();
    const { port } = this.#record;
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
    this.#server = server;
    server.on('connection', (client) => this.#accept(client));
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#server !== server) return;
      this.#server = null;
      this.#isListening = false;
      this.#reason = whyNot(error, port);
      this.#listensAgain = this.#clock.after(listenAgainMs, () => this.#apply());
      this.#changed();
    });
    // Shared, so that the process that replaces this one listens before this one stops.
    server.listen({ port, host: '127.0.0.1', reusePort: true, backlog: 1_024 }, () => {
      if (this.#server !== server) return;
      this.#isListening = true;
      this.#reason = null;
      this.#changed();
    });
  }

  #stopListening(): void {
    this.#listensAgain?.cancel();
    this.#server?.close();
    this.#server = null;
    this.#isListening = false;
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    const connection: Connection = { client, target: null, pump: null };
    this.#connections.add(connection);
    // Said again by `close`, which is where it is dealt with.
    client.on('error', () => undefined);
    client.on('close', () => {
      this.#bytesToTarget += client.bytesRead;
      this.#forget(connection);
    });
    if (this.#connections.size > this.#limits.connections || this.#state === 'cut') {
      this.#refuse(connection);
    } else {
      this.#steer(connection);
    }
  }

  /** Calls the target, and joins the two once it has answered. */
  #callTarget(connection: Connection): void {
    const { client } = connection;
    const { host, port } = this.#record.target;
    const target = connect({ host, port, allowHalfOpen: true, noDelay: true });
    connection.target = target;
    target.setKeepAlive(true, keepAliveMs);
    const late = this.#clock.after(this.#limits.connectMs, () => target.destroy());
    target.on('error', () => undefined);
    target.once('connect', () => {
      late.cancel();
      connection.pump = pump(client, target);
      if (this.#state === 'hang') connection.pump.hold();
    });
    target.once('close', () => {
      late.cancel();
      this.#bytesFromTarget += target.bytesRead;
      // Accepted already, so a reset is as near to a refusal as it gets.
      if (connection.pump === null) this.#refuse(connection);
      this.#forget(connection);
    });
  }

  #refuse({ client }: Connection): void {
    if (client.destroyed) return;
    this.#refused += 1;
    client.resetAndDestroy();
  }

  #forget(connection: Connection): void {
    const { client, target } = connection;
    if (target !== null && connection.pump === null && !target.destroyed) target.destroy();
    if (client.destroyed && (target === null || target.destroyed)) {
      this.#connections.delete(connection);
    }
  }

  #resetAll(): void {
    for (const { client, target, pump } of this.#connections) {
      if (pump !== null) pump.reset();
      else {
        target?.destroy();
        client.resetAndDestroy();
      }
    }
  }
}

function whyNot(error: NodeJS.ErrnoException, port: number): string {
  if (error.code !== 'EADDRINUSE') return error.message;
  const owner = findPortOwner(port);
  const by = owner === null ? 'another process' : `process ${owner.pid} (${owner.command})`;
  return `port ${port} is in use by ${by}`;
}
