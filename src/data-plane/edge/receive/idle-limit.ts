import type { Timeout, TimerWheel } from '../../../lib/timer-wheel.ts';
import type { ClientConnection } from './listener.ts';

/**
 * Ends a connection on which nothing has come for a while after its last answer. Node's server
 * would set a timer of its own with each answer and clear it with each request; this one costs a
 * few pointers.
 */
export class IdleLimit {
  readonly #connection: Pick<ClientConnection, 'accepted' | 'socket'>;
  readonly #timeout: Timeout;
  #heardBytes = 0;
  #idleMs = 0;

  constructor(connection: Pick<ClientConnection, 'accepted' | 'socket'>, wheel: TimerWheel) {
    this.#connection = connection;
    this.#timeout = wheel.arm(0, () => this.#end());
    this.#timeout.cancel();
    connection.socket.once('close', () => this.stop());
  }

  /** Nothing is under way. */
  start(idleMs: number): void {
    if (this.#connection.socket.destroyed) return;
    this.#idleMs = idleMs;
    this.#heardBytes = this.#connection.accepted.bytesRead;
    this.#timeout.rearm(idleMs);
  }

  stop(): void {
    this.#timeout.cancel();
  }

  #end(): void {
    const { accepted, socket } = this.#connection;
    // A request may have begun, whose head has a limit of its own; what came may be no more than an
    // empty line, too.
    if (accepted.bytesRead === this.#heardBytes) socket.destroy();
    else this.start(this.#idleMs);
  }
}
