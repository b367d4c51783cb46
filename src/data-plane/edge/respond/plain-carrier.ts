import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import type { Answer } from '../../exchange.ts';
import type { Admitted } from '../admit/admit.ts';
import { type ClientConnection, reset } from '../receive/listener.ts';
import { PlainExchange } from '../receive/plain-exchange.ts';
import { type PlainReply, sendPlain } from './plain-reply.ts';

/** A request that is nothing but its head, and the socket that its answer is written to. */
export class PlainCarrier implements PlainReply {
  readonly method: PlainReply['method'];
  readonly connection: ClientConnection;
  readonly wheel: TimerWheel;
  readonly #whenDone: () => void;
  #isDone = false;

  constructor(
    method: PlainReply['method'],
    connection: ClientConnection,
    wheel: TimerWheel,
    whenDone: () => void,
  ) {
    this.method = method;
    this.connection = connection;
    this.wheel = wheel;
    this.#whenDone = whenDone;
  }

  exchange(admitted: Admitted): PlainExchange {
    return new PlainExchange(admitted, this.connection.socket);
  }

  send(answer: Answer, exchange: PlainExchange | null): void {
    if (this.#isDone) {
      // The client has gone.
      const { body } = answer;
      if (body !== null && !(body instanceof Uint8Array)) body.destroy();
      return;
    }
    exchange?.answered();
    sendPlain(answer, exchange?.id ?? null, this);
  }

  cut(): void {
    reset(this.connection);
  }

  /** The answer is out and taken, or there is nobody any more to take it. */
  done(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#whenDone();
  }
}
