import { extname } from 'node:path';
import type { Transferable } from 'node:worker_threads';
import { Worker } from 'node:worker_threads';
import { TurnoutError } from '../../lib/errors.ts';
import { writesFailed } from './failures.ts';
import type { ThreadCall, ThreadReply } from './thread-server.ts';

interface PendingCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: TurnoutError) => void;
}

/**
 * Calls into a thread that is started with the first of them, and again with the next after it
 * died. It keeps the process alive while a call is pending.
 */
export class ThreadClient<Request> {
  readonly #script: string;
  readonly #data: unknown;
  readonly #pending = new Map<number, PendingCall>();
  #worker: Worker | null = null;
  #nextId = 1;
  #closed = false;

  /** `script` is the name of a file beside this one, without its extension. */
  constructor(script: string, data: unknown) {
    this.#script = script;
    this.#data = data;
  }

  get isRunning(): boolean {
    return this.#worker !== null;
  }

  /** The caller knows what its request is answered with. */
  call<Value>(request: Request, transfer: readonly Transferable[] = []): Promise<Value> {
    if (this.#closed) return Promise.reject(writesFailed('it was closed'));
    const worker = (this.#worker ??= this.#start());
    const id = this.#nextId;
    this.#nextId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { resolve, reject });
    if (this.#pending.size === 1) worker.ref();
    worker.postMessage({ id, request } satisfies ThreadCall<Request>, [...transfer]);
    return promise as Promise<Value>;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #start(): Worker {
    // TypeScript here, JavaScript in a published package.
    const url = new URL(`./${this.#script}${extname(import.meta.url)}`, import.meta.url);
    const worker = new Worker(url, { workerData: this.#data, name: this.#script });
    worker.unref();
    let cause: unknown;
    worker.on('message', (replies: readonly ThreadReply[]) => this.#take(replies));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null;
      for (const call of this.#pending.values()) {
        call.reject(writesFailed('the thread of the write log ended', cause));
      }
      this.#pending.clear();
    });
    return worker;
  }

  #take(replies: readonly ThreadReply[]): void {
    for (const reply of replies) {
      const call = this.#pending.get(reply.id);
      this.#pending.delete(reply.id);
      if ('failure' in reply) {
        const { code, message, remedy } = reply.failure;
        call?.reject(new TurnoutError(code, message, remedy));
      } else call?.resolve(reply.value);
    }
    if (this.#pending.size === 0) this.#worker?.unref();
  }
}
