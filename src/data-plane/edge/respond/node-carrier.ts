import type { IncomingMessage, ServerResponse } from 'node:http';

import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import type { Answer } from '../../exchange.ts';
import type { Admitted } from '../admit/admit.ts';
import { type ClientConnection, reset } from '../receive/listener.ts';
import { NodeExchange } from '../receive/node-exchange.ts';
import { sendAnswer } from './send-answer.ts';

/** A request that Node's parser read, and its response object. */
export class NodeCarrier {
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #connection: ClientConnection;
  readonly #wheel: TimerWheel;

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    connection: ClientConnection,
    wheel: TimerWheel,
  ) {
    this.#req = req;
    this.#res = res;
    this.#connection = connection;
    this.#wheel = wheel;
  }

  exchange(admitted: Admitted): NodeExchange {
    return new NodeExchange(admitted, this.#res);
  }

  send(answer: Answer, exchange: NodeExchange | null): void {
    const [req, res, connection] = [this.#req, this.#res, this.#connection];
    sendAnswer(answer, { req, res, connection, exchange, wheel: this.#wheel });
  }

  cut(): void {
    if (this.#res.socket !== null) reset(this.#connection);
  }
}
