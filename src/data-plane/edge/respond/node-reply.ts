import type { IncomingMessage, ServerResponse } from 'node:http';

import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import type { Answer, Exchange } from '../../exchange.ts';
import type { HealthText } from '../../gateway/saying/health-texts.ts';
import type { Admitted } from '../admit/admit.ts';
import { type ClientConnection, reset } from '../receive/listener.ts';
import { NodeExchange } from '../receive/node-exchange.ts';
import type { Reply } from './reply.ts';
import { sendAnswer } from './send-answer.ts';

/** The answer to a request in HTTP/1.1, through Node's response object. */
export class NodeReply implements Reply {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly connection: ClientConnection;
  readonly wheel: TimerWheel;
  exchange: NodeExchange | null = null;

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    connection: ClientConnection,
    wheel: TimerWheel,
  ) {
    this.req = req;
    this.res = res;
    this.connection = connection;
    this.wheel = wheel;
  }

  begin(admitted: Admitted): Exchange {
    this.exchange = new NodeExchange(admitted, this.res);
    return this.exchange;
  }

  send(answer: Answer, health: HealthText | null): void {
    sendAnswer(answer, health, this);
  }

  cut(): void {
    if (this.res.socket !== null) reset(this.connection);
  }

  closed(): void {
    this.exchange?.closed();
  }
}
