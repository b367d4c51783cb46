/**
 * Keeps workers busy for a share of their time, from a process of its own: `node
 * steady-load-process.ts steady <setting>`. Requests go out many at once and their answers are only
 * counted, so that it costs little beside those whom it keeps busy.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuTicks, TICKS_PER_SECOND } from './cpu-ticks.ts';

interface Setting {
  readonly port: number;
  readonly pids: readonly number[];
  readonly share: number;
  /** Sent with every request: one whose answer costs the worker alone. */
  readonly headers: string;
}

const CONNECTIONS = 16;
/** Below what a worker lets one connection ask for at once. */
const MOST_AT_ONCE = 48;
const PERIOD_MS = 5;
const LOOK_MS = 250;

const { port, pids, share, headers } = JSON.parse(process.argv[3] ?? '') as Setting;
const head = `GET / HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`;

/** One connection that sends its next batch when the last is answered. */
class Sender {
  readonly #socket: Socket;
  #missing = 0;

  constructor() {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => process.exit(1));
    this.#socket.on('data', (chunk: Buffer) => {
      this.#missing -= chunk.toString('latin1').split('HTTP/1.1 ').length - 1;
    });
  }

  send(count: number): void {
    if (this.#missing > 0 || count === 0) return;
    this.#missing = count;
    this.#socket.write(head.repeat(count));
  }
}

const senders = Array.from({ length: CONNECTIONS }, () => new Sender());
/** Requests a period, of all connections. */
let wanted = CONNECTIONS;
let carried = 0;
let turn = 0;
setInterval(() => {
  carried += wanted;
  while (carried >= 1) {
    const count = Math.min(MOST_AT_ONCE, Math.max(1, Math.floor(wanted / CONNECTIONS)));
    senders[turn++ % CONNECTIONS]?.send(count);
    carried -= count;
  }
}, PERIOD_MS);

const busyTicks = (): number => pids.reduce((sum, pid) => sum + cpuTicks(pid), 0);
let isSettled = false;
for (let last = busyTicks(), atMs = performance.now(), looks = 0; ; looks++) {
  await sleep(LOOK_MS);
  const ticks = busyTicks();
  const nowMs = performance.now();
  const reached = ((ticks - last) / TICKS_PER_SECOND / pids.length / (nowMs - atMs)) * 1_000;
  last = ticks;
  atMs = nowMs;
  wanted = Math.min(CONNECTIONS * MOST_AT_ONCE, wanted * limited(share / Math.max(0.01, reached)));
  if (!isSettled && (Math.abs(reached - share) < 0.1 || looks > 40)) {
    isSettled = true;
    process.send?.({ kind: 'settled', reached });
  }
}

function limited(factor: number): number {
  return Math.min(1.5, Math.max(0.7, factor));
}
