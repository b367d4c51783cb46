import { createServer, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

/** A request as Node's parser reads it. */
export interface NodeReading {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: readonly string[];
  /** The head was all of it. */
  readonly isComplete: boolean;
}

/** Node's own parser, fed by hand: one connection that stays open from one head to the next. */
export class NodeReader {
  readonly #server = createServer({ requireHostHeader: false, optimizeEmptyRequests: true });
  #socket: Duplex | null = null;
  #read: NodeReading[] = [];

  constructor() {
    this.#server.maxHeadersCount = 256;
    this.#server.on('request', (req, res) => {
      this.#read.push(readingOf(req));
      res.end();
    });
    for (const event of ['checkContinue', 'checkExpectation', 'upgrade', 'connect'] as const) {
      this.#server.on(event, (req: IncomingMessage) => {
        this.#read.push({ ...readingOf(req), isComplete: false });
        this.#drop();
      });
    }
    this.#server.on('clientError', () => this.#drop());
  }

  /** What it makes of these bytes: a request for each it has read, none where it wants more. */
  async read(bytes: Buffer): Promise<readonly NodeReading[]> {
    if (this.#socket === null) {
      this.#socket = this.#connect();
      await setImmediate();
    }
    this.#read = [];
    this.#socket.push(bytes);
    await setImmediate();
    const read = this.#read;
    if (read.length !== 1 || read[0]?.isComplete !== true) this.#drop();
    return read;
  }

  close(): void {
    this.#drop();
    this.#server.close();
  }

  #connect(): Duplex {
    const socket = new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, done) => done(),
      highWaterMark: 1024 * 1024,
    });
    socket.on('error', () => undefined);
    this.#server.emit('connection', socket);
    return socket;
  }

  #drop(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }
}

function readingOf(req: IncomingMessage): NodeReading {
  return {
    method: req.method ?? '',
    target: req.url ?? '',
    version: req.httpVersion,
    headers: req.rawHeaders.slice(),
    isComplete:
      req.headers['transfer-encoding'] === undefined && req.headers['content-length'] === undefined,
  };
}
