import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * How a conversation ended: the other side closed in order, reset, or said nothing more while we
 * waited.
 */
export type Ending = 'closed' | 'reset' | 'silent';

export interface Conversation {
  readonly text: string;
  readonly ending: Ending;
}

/** One TCP connection on which a test says exactly the bytes it means. */
export class RawClient {
  readonly socket: Socket;
  text = '';
  ending: Ending | null = null;
  #changed: () => void = () => undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      this.#changed();
    });
    this.socket.on('end', () => this.#end('closed'));
    this.socket.on('error', () => this.#end('reset'));
    this.socket.on('close', () => this.#end('closed'));
  }

  send(bytes: string): this {
    this.socket.write(bytes, 'latin1');
    return this;
  }

  /**
   * Resolves when `look` is content with the text so far, or the conversation has ended, or
   * `waitMs` have passed.
   */
  async until(look: (text: string) => boolean, waitMs = 2_000): Promise<Conversation> {
    const deadlineMs = performance.now() + waitMs;
    while (!look(this.text) && this.ending === null) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return { text: this.text, ending: this.ending ?? 'silent' };
  }

  /** Everything until the other side closes. */
  toEnd(waitMs = 2_000): Promise<Conversation> {
    return this.until(() => false, waitMs);
  }

  destroy(): void {
    this.socket.destroy();
  }

  #end(ending: Ending): void {
    this.ending ??= ending;
    this.#changed();
  }
}

/** Sends `bytes` and takes what comes, until the connection closes or nothing more is expected. */
export async function converse(
  port: number,
  bytes: string,
  look: (text: string) => boolean = () => false,
  waitMs = 3_000,
): Promise<Conversation> {
  const client = new RawClient(port);
  const said = await client.send(bytes).until(look, waitMs);
  client.destroy();
  return said;
}

/** The status of the first answer, informational ones included; 0 when there is none. */
export function statusOf(text: string): number {
  return Number(/^HTTP\/1\.[01] ([0-9]{3})/.exec(text)?.[1] ?? 0);
}

/** The status of the first answer that is not informational; 0 when there is none. */
export function finalStatusOf(text: string): number {
  return Number(/^HTTP\/1\.[01] ([2-9][0-9]{2})/m.exec(text)?.[1] ?? 0);
}

/** What a test's origin has heard and from whom. */
export interface RawOrigin extends AsyncDisposable {
  readonly port: number;
  /** Everything heard on every connection, in order of arrival. */
  heard: string;
  readonly sockets: Set<Socket>;
  /** How many connections were ended or reset by the proxy. */
  gone: number;
}

/**
 * A server that is told what to do with each connection; `hear` is called with all it has heard on
 * it so far.
 */
export async function startRawOrigin(
  hear: (socket: Socket, heard: string) => void,
): Promise<RawOrigin> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let heard = '';
    sockets.add(socket);
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      heard += text;
      origin.heard += text;
      hear(socket, heard);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      origin.gone++;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin: RawOrigin = {
    port: (server.address() as AddressInfo).port,
    heard: '',
    sockets,
    gone: 0,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return origin;
}
