/**
 * Asks a site for a share of what it can answer, from a process of its own: `node
 * steady-load-process.ts steady <setting>`. First it asks as fast as it is answered, which is what
 * the site can do beside this very process on this very machine; then each connection asks for the
 * given share of what it got, whatever the answers take, until it is told to stop; then it looks at
 * what the site can do once more. It says `capacity`, `settled`, `held`, `capacity after`.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

interface Setting {
  readonly port: number;
  readonly share: number;
  /** One whose answer costs the worker alone. */
  readonly path: string;
  /** Header lines of each request, each with its end. */
  readonly headers: string;
}

const CONNECTIONS = 16;
/** Below what a worker lets one connection ask for at once. */
const MOST_AT_ONCE = 48;
const PERIOD_MS = 5;
/** A worker that has just started is compiled as it is asked. */
const WARM_UP_MS = 4_000;
const CAPACITY_MS = 3_000;
/** A connection that was kept waiting catches up with so much of its time, and no more. */
const MOST_BEHIND_MS = 250;

const { port, share, path, headers } = JSON.parse(process.argv[3] ?? '') as Setting;
const head = `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`;
const mark = Buffer.from('HTTP/1.1 ');

class Sender {
  readonly #socket: Socket;
  /** The end of the last chunk, where a mark may have begun. */
  #rest: Buffer = Buffer.alloc(0);
  #missing = 0;
  #due = 0;
  #isEager = true;
  answered = 0;
  /** Requests a second, once it is no longer eager. */
  rate = 0;

  constructor() {
    this.#socket = connect(port, '127.0.0.1', () => this.#fill());
    this.#socket.on('error', () => process.exit(1)).on('close', () => process.exit(1));
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  beEager(isEager: boolean): void {
    this.#isEager = isEager;
    this.#due = 0;
    if (isEager) this.#fill();
  }

  /** Time has passed: what is due is sent, as far as earlier requests are answered. */
  pass(ms: number): void {
    if (this.#isEager) return;
    const most = Math.max(1, (this.rate * MOST_BEHIND_MS) / 1_000);
    this.#due = Math.min(most, this.#due + (this.rate * ms) / 1_000);
    this.#send(Math.floor(this.#due));
  }

  #read(chunk: Buffer): void {
    const seen = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let count = 0;
    let end = 0;
    for (let at = seen.indexOf(mark); at !== -1; at = seen.indexOf(mark, end)) {
      count += 1;
      end = at + mark.length;
    }
    this.#rest = seen.subarray(Math.max(end, seen.length - mark.length + 1));
    this.#missing -= count;
    this.answered += count;
    if (this.#isEager) this.#fill();
  }

  #fill(): void {
    if (this.#missing <= MOST_AT_ONCE / 2) this.#send(MOST_AT_ONCE);
  }

  #send(wanted: number): void {
    const count = Math.min(wanted, MOST_AT_ONCE - this.#missing);
    if (count <= 0) return;
    this.#missing += count;
    this.#due -= count;
    this.#socket.write(head.repeat(count));
  }
}

const senders = Array.from({ length: CONNECTIONS }, () => new Sender());
let lastMs = performance.now();
setInterval(() => {
  const nowMs = performance.now();
  for (const sender of senders) sender.pass(nowMs - lastMs);
  lastMs = nowMs;
}, PERIOD_MS);

/** What each connection got in a second, meanwhile. */
async function measure(until: Promise<unknown>): Promise<readonly number[]> {
  const before = senders.map(({ answered }) => answered);
  const begunMs = performance.now();
  await until;
  const seconds = (performance.now() - begunMs) / 1_000;
  return senders.map(({ answered }, at) => (answered - (before[at] ?? 0)) / seconds);
}

async function capacity(): Promise<readonly number[]> {
  for (const sender of senders) sender.beEager(true);
  await sleep(WARM_UP_MS);
  return measure(sleep(CAPACITY_MS));
}

function say(kind: string, rates: readonly number[]): void {
  process.send?.({ kind, perSecond: Math.round(rates.reduce((sum, rate) => sum + rate, 0)) });
}

const stopped = new Promise((resolve) => process.once('message', resolve));
const before = await capacity();
say('capacity', before);
for (const [at, sender] of senders.entries()) {
  sender.rate = (before[at] ?? 0) * share;
  sender.beEager(false);
}
await sleep(WARM_UP_MS);
process.send?.({ kind: 'settled' });
say('held', await measure(stopped));
say('capacity after', await capacity());
process.exit(0);
