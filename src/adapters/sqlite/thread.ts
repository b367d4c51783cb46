/**
 * The body of the thread in which SQLite runs, one file a thread. The thread that started it never
 * calls SQLite and so never waits for a disk or a lock; see sqlite-thread.ts for the other end.
 */
import { statSync } from 'node:fs';
import type { StatementSync } from 'node:sqlite';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { openConnections, type Connections } from './connections.ts';
import { explainFailure, FailureError, fileLost, type Failure } from './failures.ts';
import { createJournalReads, createJournalWrites, journalFormat } from './journal-operations.ts';
import { POLL_PERIOD_MS, type MessageFromThread, type MessageToThread } from './protocol.ts';
import type { Operation, Store, ThreadData } from './protocol.ts';
import { retryWhileBusy } from './retry-while-busy.ts';
import { createStateReads, createStateWrites, stateFormat } from './state-operations.ts';
import { watchLog, type LogWatch } from './watch-log.ts';
import { createWriteQueue, type WriteQueue } from './write-queue.ts';

/** How often to see that the file of that name is still the one that is open. */
const IDENTITY_PERIOD_MS = 1_000;

const formats = { state: stateFormat, journal: journalFormat };

/** A thousand deletes or an hour: a watcher in a process that slept through both starts afresh. */
const TOMBSTONES = { count: 1_000, ageMs: 3_600_000 };

function createStore(kind: ThreadData['kind'], { reader, writer }: Connections): Store {
  return kind === 'state'
    ? { reads: createStateReads(reader), writes: createStateWrites(writer, TOMBSTONES) }
    : { reads: createJournalReads(reader), writes: createJournalWrites(writer) };
}

/** Answers calls until it is told to close. */
class Server {
  readonly #port: MessagePort;
  readonly #data: ThreadData;
  readonly #connections: Connections;
  readonly #store: Store;
  readonly #writes: WriteQueue;
  /** Differs after every commit by any other connection, the writer of this thread included. */
  readonly #version: StatementSync;
  readonly #identityTimer: NodeJS.Timeout;
  readonly #identity: string;
  #pollTimer: NodeJS.Timeout | null = null;
  #logWatch: LogWatch | null = null;
  #dataVersion = -1;
  #lost: Failure | null = null;

  constructor(port: MessagePort, data: ThreadData, connections: Connections, identity: string) {
    this.#port = port;
    this.#data = data;
    this.#connections = connections;
    this.#store = createStore(data.kind, connections);
    this.#writes = createWriteQueue(connections.writer, data.timeoutMs);
    this.#version = connections.reader.prepare('PRAGMA data_version');
    this.#identity = identity;
    this.#identityTimer = setInterval(() => this.#checkIdentity(), IDENTITY_PERIOD_MS);
  }

  handle(message: MessageToThread): void {
    switch (message.kind) {
      case 'call':
        this.#call(message.id, message.operation, message.argument as never);
        return;
      case 'watching':
        this.#setWatching(message.on);
        return;
      case 'close':
        void this.#close();
    }
  }

  #call(id: number, name: string, argument: never): void {
    const read = this.#store.reads[name];
    const write = this.#store.writes[name];
    if (this.#lost) this.#fail(id, new FailureError(this.#lost));
    else if (read) void this.#read(id, read, argument);
    else if (write) {
      this.#writes.add({
        run: () => write(argument),
        committed: (value) => {
          this.#send({ kind: 'reply', id, value });
          this.#logWatch?.wrote();
          // Watchers of this process need not wait for the next poll.
          if (this.#pollTimer) setImmediate(() => this.#poll());
        },
        failed: (error) => this.#fail(id, error),
      });
    } else throw new Error(`The ${this.#data.kind} thread knows no operation ${name}`);
  }

  async #read(id: number, read: Operation, argument: never): Promise<void> {
    try {
      // A reader meets a lock only while another process recovers or closes the file.
      const value = await retryWhileBusy(() => read(argument), this.#data.timeoutMs);
      this.#send({ kind: 'reply', id, value });
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #setWatching(on: boolean): void {
    if (on === (this.#pollTimer !== null)) return;
    if (this.#pollTimer) clearInterval(this.#pollTimer);
    this.#logWatch?.close();
    this.#pollTimer = on ? setInterval(() => this.#poll(), POLL_PERIOD_MS) : null;
    this.#logWatch = on ? watchLog(this.#data.file, () => this.#poll()) : null;
    if (on) this.#poll();
  }

  /** True where something was new. */
  #poll(): boolean {
    try {
      const version = Number(this.#version.get()?.['data_version']);
      if (version === this.#dataVersion) return false;
      this.#dataVersion = version;
      this.#send({ kind: 'changed' });
      return true;
    } catch (error) {
      // A file that cannot be read now is reported to whoever calls; watchers wait for the next
      // poll.
      if (!explainFailure(error, this.#data.kind, this.#data.file)) throw error;
      return false;
    }
  }

  /**
   * Another file of that name is another state: going on with the unlinked one would split the site
   * in two.
   */
  #checkIdentity(): void {
    const isSame = identityOf(this.#data.file) === this.#identity;
    this.#lost = isSame ? null : fileLost(this.#data.kind, this.#data.file);
  }

  async #close(): Promise<void> {
    await this.#writes.drained();
    clearInterval(this.#identityTimer);
    this.#setWatching(false);
    this.#connections.close();
    this.#port.close();
  }

  #fail(id: number, error: unknown): void {
    const failure = explainFailure(error, this.#data.kind, this.#data.file);
    // What nobody expected ends the thread with its stack, and every pending call with it.
    if (!failure) throw error;
    this.#send({ kind: 'call-failed', id, failure });
  }

  #send(message: MessageFromThread): void {
    this.#port.postMessage(message, []);
  }
}

/** Tells a file from another that took its name. */
function identityOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats ? `${stats.dev}:${stats.ino}` : 'missing';
}

async function serve(port: MessagePort, data: ThreadData): Promise<void> {
  try {
    const isOther = data.identity !== null && identityOf(data.file) !== data.identity;
    if (isOther) throw new FailureError(fileLost(data.kind, data.file));
    const connections = await openConnections(data.file, formats[data.kind], data.timeoutMs);
    const identity = identityOf(data.file);
    const server = new Server(port, data, connections, identity);
    port.on('message', (message: MessageToThread) => server.handle(message));
    port.postMessage({ kind: 'opened', identity } satisfies MessageFromThread);
  } catch (error) {
    const failure = explainFailure(error, data.kind, data.file);
    if (!failure) throw error;
    port.postMessage({ kind: 'open-failed', failure } satisfies MessageFromThread);
    port.close();
  }
}

if (!parentPort) throw new Error('thread.ts runs as a worker thread only');
await serve(parentPort, workerData as ThreadData);
