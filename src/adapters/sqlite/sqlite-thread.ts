import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { TurnoutError } from '../../lib/errors.ts';
import { errorFromFailure } from './failures.ts';
import type { MessageFromThread, MessageToThread, ThreadData } from './protocol.ts';

/**
 * The other end runs the same way as this file: as TypeScript here, as JavaScript in a published
 * package.
 */
const SCRIPT = new URL(`./thread${extname(import.meta.url)}`, import.meta.url);

/**
 * How long after its own time limit an answer may still arrive before the thread counts as stuck in
 * the disk.
 */
const GRACE_MS = 1_000;

/** A thread that dies at once again is not restarted more often than this. */
const RESTART_PERIOD_MS = 200;

export interface SqliteThreadOptions extends Omit<ThreadData, 'identity'> {
  /** Calls that may wait at once; more are refused at once. */
  readonly pendingLimit: number;
  /**
   * Called when anybody has committed, and after a restart, in which a commit may have gone
   * unnoticed.
   */
  readonly onChanged: () => void;
}

interface PendingCall {
  readonly resolve: (value: never) => void;
  readonly reject: (error: TurnoutError) => void;
  readonly deadlineMs: number;
}

/** What a thread can do, by name. */
export type Operations = Readonly<Record<string, (argument: never) => unknown>>;

/**
 * One SQLite file, used from a thread of its own, so that this thread's event loop never waits for
 * SQLite. Calls are bounded in number and time. When the thread dies, its pending calls reject
 * (`state-unavailable`, or `journal-…`) and it is started again. It keeps the process alive while a
 * call is pending or somebody watches.
 */
export class SqliteThread<Known extends Operations> {
  readonly #options: SqliteThreadOptions;
  readonly #pending = new Map<number, PendingCall>();
  #worker: Worker | null = null;
  #nextId = 1;
  #watchers = 0;
  /** Of the file as it was first opened; null before. */
  #identity: string | null = null;
  #closing = false;
  #restartTimer: NodeJS.Timeout | null = null;
  #sweepTimer: NodeJS.Timeout | null = null;

  private constructor(options: SqliteThreadOptions) {
    this.#options = options;
  }

  /** Starts the thread; rejects with the TurnoutError that says why its file cannot be opened. */
  static async open<Known extends Operations>(
    options: SqliteThreadOptions,
  ): Promise<SqliteThread<Known>> {
    const thread = new SqliteThread<Known>(options);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    thread.#start({ opened: resolve, failed: reject });
    await promise;
    return thread;
  }

  call<Name extends keyof Known & string>(
    operation: Name,
    argument: Parameters<Known[Name]>[0],
  ): Promise<ReturnType<Known[Name]>> {
    if (this.#closing) return Promise.reject(this.#unavailable('it has been closed'));
    if (this.#pending.size >= this.#options.pendingLimit) {
      return Promise.reject(this.#unavailable(`${this.#pending.size} calls wait already`));
    }
    if (!this.#worker) return Promise.reject(this.#unavailable('its thread is being restarted'));
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<ReturnType<Known[Name]>>();
    const deadlineMs = performance.now() + this.#options.timeoutMs + GRACE_MS;
    this.#pending.set(id, { resolve, reject, deadlineMs });
    this.#post({ kind: 'call', id, operation, argument });
    this.#sweepTimer ??= setInterval(() => this.#sweep(), GRACE_MS / 4).unref();
    this.#keepAlive();
    return promise;
  }

  /** From now on `onChanged` is called, until as many `unwatch` as `watch` were. */
  watch(): void {
    this.#watchers += 1;
    if (this.#watchers === 1) this.#post({ kind: 'watching', on: true });
    this.#keepAlive();
  }

  unwatch(): void {
    this.#watchers -= 1;
    if (this.#watchers === 0) this.#post({ kind: 'watching', on: false });
    this.#keepAlive();
  }

  /** Resolves when what was pending is done and the file is closed. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#restartTimer) clearTimeout(this.#restartTimer);
    const worker = this.#worker;
    if (!worker) return;
    worker.ref();
    const { promise, resolve } = Promise.withResolvers<void>();
    worker.once('exit', () => resolve());
    this.#post({ kind: 'close' });
    const timer = setTimeout(() => void worker.terminate(), this.#options.timeoutMs + GRACE_MS);
    await promise;
    clearTimeout(timer);
  }

  #start(opening?: { opened(): void; failed(error: Error): void }): void {
    const { kind, file, timeoutMs } = this.#options;
    const startedAtMs = performance.now();
    const worker = new Worker(SCRIPT, {
      name: `turnout-${kind}`,
      workerData: { kind, file, timeoutMs, identity: this.#identity } satisfies ThreadData,
    });
    this.#worker = worker;
    let reason = this.#unavailable('its thread ended, and what was pending may be written');
    worker.on('message', (message: MessageFromThread) => {
      switch (message.kind) {
        case 'opened':
          this.#opened(message.identity);
          opening?.opened();
          return;
        case 'open-failed':
          reason = errorFromFailure(message.failure);
          return;
        case 'changed':
          this.#options.onChanged();
          return;
        default:
          this.#settle(message);
      }
    });
    worker.on('error', (error) => {
      const what = 'its thread failed, and what was pending may be written';
      reason = this.#unavailable(`${what} (${String(error)})`, error);
    });
    worker.on('exit', () => {
      this.#worker = null;
      opening?.failed(reason);
      for (const id of this.#pending.keys()) this.#take(id)?.reject(reason);
      // A file that cannot be opened at first is the caller's to judge; later it is tried again and
      // again.
      if (this.#identity !== null && !this.#closing) this.#restart(startedAtMs);
    });
  }

  #opened(identity: string): void {
    if (this.#watchers > 0) this.#post({ kind: 'watching', on: true });
    if (this.#identity !== null) this.#options.onChanged();
    this.#identity = identity;
    this.#keepAlive();
  }

  #restart(startedAtMs: number): void {
    const pauseMs = Math.max(0, startedAtMs + RESTART_PERIOD_MS - performance.now());
    this.#restartTimer = setTimeout(() => this.#start(), pauseMs);
    if (this.#watchers === 0) this.#restartTimer.unref();
  }

  #settle(message: Extract<MessageFromThread, { readonly id: number }>): void {
    const call = this.#take(message.id);
    if (message.kind === 'reply') call?.resolve(message.value as never);
    else call?.reject(errorFromFailure(message.failure));
  }

  /**
   * Rejects calls that a thread stuck in the disk has left unanswered beyond its own time limit.
   */
  #sweep(): void {
    const nowMs = performance.now();
    for (const [id, call] of this.#pending) {
      // All calls have the same time limit, so the first that has time left is followed by none
      // that has not.
      if (call.deadlineMs > nowMs) return;
      this.#take(id)?.reject(
        this.#unavailable('it did not answer in time, and what was pending may be written'),
      );
    }
  }

  #take(id: number): PendingCall | undefined {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0 && this.#sweepTimer) {
      clearInterval(this.#sweepTimer);
      this.#sweepTimer = null;
    }
    this.#keepAlive();
    return call;
  }

  #post(message: MessageToThread): void {
    this.#worker?.postMessage(message);
  }

  #keepAlive(): void {
    if (this.#pending.size > 0 || this.#watchers > 0) this.#worker?.ref();
    else this.#worker?.unref();
  }

  #unavailable(reason: string, cause?: unknown): TurnoutError {
    const { kind, file } = this.#options;
    return new TurnoutError(
      `${kind}-unavailable`,
      `The ${kind} in ${file} cannot be reached: ${reason}.`,
      'Try again; if it goes on, see whether the disk of that folder is slow or failing.',
      cause === undefined ? undefined : { cause },
    );
  }
}
