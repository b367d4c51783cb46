import type { IncomingMessage } from 'node:http';

import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import type { Answer, Exchange } from '../../exchange.ts';
import type { HealthText } from '../../gateway/saying/health-texts.ts';
import type { Admitted } from '../admit/admit.ts';
import type { FrugalResponse } from '../receive/frugal-response.ts';
import { type ClientConnection, reset } from '../receive/listener.ts';
import { NodeExchange } from '../receive/node-exchange.ts';
import { framed, isShort } from './framed.ts';
import type { Reply } from './reply.ts';
import { lastLines } from './reply-head.ts';
import { sendAnswer } from './send-answer.ts';
import { frontOf } from './wire-texts.ts';
import { gather, written } from './write-at-once.ts';

/** The answer to a request in HTTP/1.1, through Node's response object. */
export class NodeReply implements Reply {
  readonly req: IncomingMessage;
  readonly res: FrugalResponse;
  readonly connection: ClientConnection;
  readonly wheel: TimerWheel;
  exchange: NodeExchange | null = null;

  constructor(
    req: IncomingMessage,
    res: FrugalResponse,
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
    if (!this.#sendAtOnce(answer, health)) sendAnswer(answer, health, this);
  }

  /**
   * Most answers are short, their requests nothing but a head, and more may follow on the
   * connection: those are written by ourselves, to be what Node would write but for `Connection:
   * keep-alive`, which HTTP/1.1 need not be told.
   */
  #sendAtOnce(answer: Answer, health: HealthText | null): boolean {
    const { req, res, connection, exchange, wheel } = this;
    if (exchange === null || exchange.request.body !== null || answer.trailers !== undefined) {
      return false;
    }
    const staysOpen = res.shouldKeepAlive && req.httpVersionMinor === 1 && !connection.closing;
    // Node closes behind who waits for 100 and was not told to go on.
    if (!staysOpen || req.headers.expect !== undefined) return false;
    if (res.socket === null || res.destroyed || !isShort(answer.body)) return false;
    const { body, length } = framed(answer, req.method);
    if (!isShort(body)) return false;
    const front = frontOf(answer, body, length, health?.line ?? '', wheel.nowMs);
    res.endAtOnce(gather(connection, front, lastLines(exchange.id, false), body));
    written(connection);
    return true;
  }

  cut(): void {
    if (this.res.socket !== null) reset(this.connection);
  }

  closed(): void {
    this.exchange?.closed();
  }
}
