import type { AppendRequest, AppendThreadData } from './append-thread.ts';
import { writesOverloaded } from './failures.ts';
import { RECORD_HEADER_BYTES } from './record.ts';
import { ThreadClient } from './thread-client.ts';
import { encodeDiscard, encodeWriteRecord, writeRecordBytes } from './write-record.ts';
import type { WriteRecord } from './write-record.ts';

interface Waiting {
  readonly bytes: number;
  readonly encode: (buffer: Buffer, offset: number) => number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Bytes that may wait for the disk. */
const WAITING_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Collects what is appended in one turn of the event loop into one message to the thread, encoded
 * here so that it crosses without being copied. The thread joins all messages that wait into one
 * group with one sync.
 */
export class AppendBatches {
  readonly #thread: ThreadClient<AppendRequest>;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;

  constructor(data: AppendThreadData) {
    this.#thread = new ThreadClient('append-thread', data);
  }

  write(write: WriteRecord): Promise<void> {
    const encode: Waiting['encode'] = (bytes, at) => encodeWriteRecord(bytes, at, write);
    return this.#append(writeRecordBytes(write), encode);
  }

  discard(id: string): Promise<void> {
    return this.#append(RECORD_HEADER_BYTES + id.length, (bytes, at) =>
      encodeDiscard(bytes, at, id),
    );
  }

  /** Resolves when everything appended before is answered and the log is closed. */
  async close(): Promise<void> {
    this.#send();
    if (this.#thread.isRunning) await this.#thread.call({ kind: 'close' });
    await this.#thread.close();
  }

  #append(bytes: number, encode: Waiting['encode']): Promise<void> {
    if (this.#waitingBytes + bytes > WAITING_LIMIT_BYTES) {
      return Promise.reject(writesOverloaded(this.#waitingBytes));
    }
    this.#waitingBytes += bytes;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (this.#waiting.push({ bytes, encode, resolve, reject }) === 1) {
      setImmediate(() => this.#send());
    }
    return promise;
  }

  #send(): void {
    const batch = this.#waiting;
    if (batch.length === 0) return;
    this.#waiting = [];
    const bytes = batch.reduce((sum, item) => sum + item.bytes, 0);
    const records = Buffer.allocUnsafeSlow(bytes);
    let at = 0;
    for (const { encode } of batch) at = encode(records, at);
    const answer = this.#thread.call<null>({ kind: 'append', records }, [records.buffer]);
    void answer
      .then(
        () => batch.forEach(({ resolve }) => resolve()),
        (error: unknown) => batch.forEach(({ reject }) => reject(error)),
      )
      .finally(() => {
        this.#waitingBytes -= bytes;
      });
  }
}
