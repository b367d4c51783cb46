import { Readable } from 'node:stream';

import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import type { Answer } from '../../exchange.ts';
import type { HealthText } from '../../gateway/saying/health-texts.ts';
import type { Admitted } from '../admit/admit.ts';
import { type ClientConnection, reset } from '../receive/listener.ts';
import { PlainExchange } from '../receive/plain-exchange.ts';
import { framed, isShort } from './framed.ts';
import { dateLine, headOf, lastLines, moreLines } from './reply-head.ts';
import { type Reply, slices, SLICE_BYTES, STALLED_CLIENT_MS } from './reply.ts';
import { frontOf } from './wire-texts.ts';
import { gather, written } from './write-at-once.ts';

/**
 * Where the answer goes to a request that is nothing but its head: straight to the socket, in
 * HTTP/1.1. It says how long its body is, or sends it in chunks; a body that fails on the way, or
 * is not as long as was said, cuts the connection with a reset, so that it is never taken for
 * whole.
 */
export class PlainReply implements Reply {
  readonly connection: ClientConnection;
  readonly wheel: TimerWheel;
  readonly #method: 'GET' | 'HEAD';
  readonly #whenDone: () => void;
  #exchange: PlainExchange | null = null;
  #isDone = false;

  constructor(
    method: 'GET' | 'HEAD',
    connection: ClientConnection,
    wheel: TimerWheel,
    whenDone: () => void,
  ) {
    this.#method = method;
    this.connection = connection;
    this.wheel = wheel;
    this.#whenDone = whenDone;
  }

  begin(admitted: Admitted): PlainExchange {
    this.#exchange = new PlainExchange(admitted, this.connection.socket);
    return this.#exchange;
  }

  send(answer: Answer, health: HealthText | null): void {
    const { connection } = this;
    const { body, length } = framed(answer, this.#method);
    if (this.#isDone) {
      // The client has gone.
      if (body !== null && !(body instanceof Uint8Array)) body.destroy();
      return;
    }
    const exchange = this.#exchange;
    exchange?.answered();
    // Nothing follows what never became an exchange.
    const isLast = connection.closing || exchange === null;
    connection.finished = isLast;
    const last = lastLines(exchange?.id ?? null, isLast);
    const { nowMs } = this.wheel;
    const own = health?.line ?? '';
    if (isShort(body)) {
      const front = frontOf(answer, body, length, own, nowMs);
      const isTaken = connection.socket.write(gather(connection, front, last, body));
      written(connection);
      settle(isTaken, this);
      return;
    }
    const { head, hasDate } = headOf(answer, length);
    const date = hasDate ? '' : dateLine(nowMs);
    const chunked = length === null ? 'transfer-encoding: chunked\r\n' : '';
    const front = `${head}${date}${moreLines(answer.more)}${own}`;
    writeLong(`${front}${chunked}${last}`, body, length, this);
  }

  cut(): void {
    reset(this.connection);
  }

  closed(): void {
    if (this.#isDone) return;
    this.#exchange?.abandon();
    this.done();
  }

  /** The answer is out and taken. */
  done(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#whenDone();
  }
}

function settle(isTaken: boolean, reply: PlainReply): void {
  if (isTaken) reply.done();
  else whenTaken(reply);
}

function writeLong(
  head: string,
  body: Uint8Array | Readable,
  length: number | null,
  reply: PlainReply,
): void {
  if (body instanceof Uint8Array && body.length <= SLICE_BYTES) {
    const { socket } = reply.connection;
    socket.cork();
    socket.write(head, 'latin1');
    const isTaken = socket.write(body);
    socket.uncork();
    settle(isTaken, reply);
  } else {
    const stream = body instanceof Uint8Array ? Readable.from(slices(body)) : body;
    writeStream(head, stream, length, reply);
  }
}

/** What a client does not read is not added to: the next answer waits, and not for ever. */
function whenTaken(reply: PlainReply): void {
  const { connection, wheel } = reply;
  const { socket } = connection;
  const stalled = wheel.arm(STALLED_CLIENT_MS, () => reset(connection));
  const taken = (): void => {
    stalled.cancel();
    socket.off('drain', taken).off('close', taken);
    reply.done();
  };
  socket.on('drain', taken).on('close', taken);
}

function writeStream(head: string, body: Readable, length: number | null, reply: PlainReply): void {
  const { connection, wheel } = reply;
  const { socket } = connection;
  connection.streaming++;
  let left = length;
  const stalled = wheel.arm(STALLED_CLIENT_MS, cut);
  stalled.cancel();
  function cut(): void {
    reset(connection);
  }
  function resume(): void {
    stalled.cancel();
    body.resume();
  }
  let isOver = false;
  function over(): void {
    if (isOver) return;
    isOver = true;
    stalled.cancel();
    connection.streaming--;
    socket.off('drain', resume).off('close', over);
    body.destroy();
    reply.done();
  }
  socket.on('drain', resume).on('close', over);
  socket.write(head, 'latin1');
  body.on('data', (chunk: Buffer) => {
    if (left !== null && (left -= chunk.length) < 0) {
      cut();
      return;
    }
    if (length === null ? writeChunk(socket, chunk) : socket.write(chunk)) return;
    body.pause();
    stalled.rearm(STALLED_CLIENT_MS);
  });
  body.once('error', cut);
  body.once('end', () => {
    if (left !== null && left > 0) {
      cut();
      return;
    }
    const isTaken =
      length === null ? socket.write('0\r\n\r\n', 'latin1') : !socket.writableNeedDrain;
    if (isTaken) {
      over();
      return;
    }
    socket.off('drain', resume).once('drain', over);
    stalled.rearm(STALLED_CLIENT_MS);
  });
}

function writeChunk(socket: ClientConnection['socket'], chunk: Buffer): boolean {
  // An empty one would end the body.
  if (chunk.length === 0) return true;
  socket.cork();
  socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
  socket.write(chunk);
  const isTaken = socket.write('\r\n', 'latin1');
  socket.uncork();
  return isTaken;
}
