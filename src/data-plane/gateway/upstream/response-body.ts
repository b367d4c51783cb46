import { Readable } from 'node:stream';

import { header } from '../../exchange.ts';
/** What a body needs of the connection it comes from. */
export interface BodyConnection {
  resume(): void;
  abandon(failure: 'gone'): void;
}

const HIGH_WATER_MARK_BYTES = 128 * 1024;

/**
 * The rest of an answer that did not arrive in one piece; reading slowly holds the service back.
 */
export class ResponseBody extends Readable {
  /** An event stream, which may rightly be silent for as long as it likes. */
  readonly endless: boolean;
  trailers: readonly string[] = [];
  #connection: BodyConnection | null;

  constructor(connection: BodyConnection, headers: readonly string[]) {
    super({ highWaterMark: HIGH_WATER_MARK_BYTES });
    this.#connection = connection;
    this.endless = header(headers, 'content-type')?.startsWith('text/event-stream') === true;
  }

  /** All bytes are here; the connection is no longer ours. */
  complete(trailers: readonly string[]): void {
    this.#connection = null;
    this.trailers = trailers;
    this.push(null);
  }

  override _read(): void {
    this.#connection?.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const connection = this.#connection;
    this.#connection = null;
    connection?.abandon('gone');
    done(error);
  }
}
