import { Duplex } from 'node:stream';

/** What a tunnel needs of the connection under it. */
export interface TunnelConnection {
  resume(): void;
  /** False when the connection wants a rest; `drained` is called after it. */
  write(chunk: Uint8Array): boolean;
  endWriting(): void;
  destroy(): void;
}

/** The service's side of a connection whose protocol was switched. */
export class Tunnel extends Duplex {
  readonly #connection: TunnelConnection;
  #written: (() => void) | null = null;

  constructor(connection: TunnelConnection) {
    super({ allowHalfOpen: false });
    this.#connection = connection;
  }

  /** The connection has room again. */
  drained(): void {
    const written = this.#written;
    this.#written = null;
    written?.();
  }

  override _read(): void {
    this.#connection.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#connection.write(chunk)) done();
    else this.#written = done;
  }

  override _final(done: () => void): void {
    this.#connection.endWriting();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#connection.destroy();
    done(error);
  }
}
