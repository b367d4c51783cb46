import type { Timeout, TimerWheel } from '../../../lib/timer-wheel.ts';
import type { RequestBody } from '../../exchange.ts';
import type { ReceivedRequest } from '../admit/admit.ts';
import type { ReadHead } from '../admit/read-head.ts';
import { endGently } from './end-gently.ts';
import type { ClientConnection } from './listener.ts';
import type { ReceiveLimits } from './node-http.ts';
import { type PlainHead, PlainHeadReader } from './plain-head.ts';
import { readInPlace } from './read-in-place.ts';

export interface PlainOptions {
  readonly limits: Pick<ReceiveLimits, 'headBytes' | 'headMs' | 'idleMs'>;
  readonly wheel: TimerWheel;
  /** Takes a request; `answered` is to be called once its answer is out. */
  request(received: PlainRequest): void;
  /** The connection is gone, whatever was under way. */
  closed(): void;
  /** Takes the connection for good, with all that was read and not understood put back. */
  handBack(): void;
}

/** A request that is nothing but its head. */
export class PlainRequest implements ReceivedRequest {
  readonly method: 'GET' | 'HEAD';
  readonly target: string;
  readonly version = '1.1';
  readonly scheme = null;
  /** Its fields say so, of which none speaks of a body. */
  readonly endsWithHead = null;
  readonly mayUpgrade = false;
  readonly head: ReadHead;
  readonly peer: ClientConnection['peer'];

  constructor({ method, target, headers }: PlainHead, { lastHead, peer }: ClientConnection) {
    this.method = method;
    this.target = target;
    this.head = lastHead.read(headers);
    this.peer = peer;
  }

  body(): RequestBody {
    throw new Error('a request that is nothing but a head has no body');
  }
}

/**
 * The fast way to read a connection: as long as what comes is one plain head after the other, each
 * whole in what is read at once, and nothing is sent ahead of an answer. At the first byte of
 * anything else the connection goes to Node's parser, and stays there.
 */
export class PlainConnection {
  readonly #connection: ClientConnection;
  readonly #options: PlainOptions;
  readonly #reader = new PlainHeadReader();
  readonly #quiet: Timeout;
  /** What came while an answer was under way. */
  #ahead: Buffer[] = [];
  #isBusy = false;
  #leavePlace: (() => void) | null = null;

  constructor(connection: ClientConnection, options: PlainOptions) {
    this.#connection = connection;
    this.#options = options;
    // Nothing was sent: an answer would speak of a request that nobody made.
    this.#quiet = options.wheel.arm(options.limits.headMs, () => connection.socket.destroy());
  }

  /** From now on it reads. */
  open(): void {
    const { socket } = this.#connection;
    socket.on('end', this.#onEnd).on('close', this.#onClose).on('error', ignore);
    this.#leavePlace = readInPlace(socket, this.#onBytes);
    if (this.#leavePlace === null) socket.on('data', this.#onData);
    else {
      // What came together with the end of a handshake lies there already.
      const waiting = socket.read() as Buffer | null;
      if (waiting !== null) this.#onData(waiting);
    }
  }

  readonly #onData = (bytes: Buffer): void => this.#onBytes(bytes, bytes.length);

  readonly #onBytes = (buffer: Buffer, length: number): void => {
    if (this.#isBusy) {
      this.#ahead.push(Buffer.from(buffer.subarray(0, length)));
      this.#connection.socket.pause();
    } else if (!this.#connection.finished) this.#take(buffer, length);
  };

  #take(buffer: Buffer, length: number): void {
    const { limits } = this.#options;
    const head = length > limits.headBytes ? null : this.#reader.read(buffer, length);
    if (head === null) {
      this.#handBack(Buffer.from(buffer.subarray(0, length)));
      return;
    }
    this.#quiet.cancel();
    this.#isBusy = true;
    this.#options.request(new PlainRequest(head, this.#connection));
  }

  /** The answer is out and taken. */
  answered(): void {
    this.#isBusy = false;
    const { socket, finished } = this.#connection;
    if (socket.destroyed) return;
    if (finished) {
      endGently(socket);
      return;
    }
    this.#quiet.rearm(this.#options.limits.idleMs);
    if (this.#ahead.length === 0) return;
    // Who sends ahead gets the parser that keeps requests in order.
    this.#handBack(Buffer.concat(this.#ahead));
  }

  /** A client that is gone looks as one that only sends no more: nobody waits for either. */
  readonly #onEnd = (): void => {
    const { socket } = this.#connection;
    if (this.#isBusy) socket.destroy();
    else socket.end();
  };

  readonly #onClose = (): void => {
    this.#quiet.cancel();
    this.#options.closed();
  };

  #handBack(bytes: Buffer): void {
    const { socket } = this.#connection;
    this.#quiet.cancel();
    this.#ahead = [];
    this.#leavePlace?.();
    socket
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('close', this.#onClose)
      .off('error', ignore);
    socket.unshift(bytes);
    this.#options.handBack();
    // Paused where something came ahead of its turn.
    socket.resume();
  }
}

function ignore(): void {
  // `close` follows.
}
