import type { BacklogAnswer, QueueRequest } from './queue-thread.ts';
import type { Pulse } from './queue-view.ts';
import type { ThreadClient } from './thread-client.ts';

export interface Backlog {
  readonly depth: number;
  /** The pulse at which the whole queue was empty, when it was. */
  readonly emptyAt: Pulse | null;
}

interface Waiting {
  readonly resolve: (backlog: Backlog) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks the thread what waits, once for all who want to know in one turn of the event loop: what
 * crosses is a list of names, for an object for each would cost more than the answer.
 */
export class BacklogQuestions {
  readonly #queue: ThreadClient<QueueRequest>;
  #lines: string[] = [];
  #waiting: Waiting[] = [];

  constructor(queue: ThreadClient<QueueRequest>) {
    this.#queue = queue;
  }

  /** Rejects as the thread does. */
  ask(feature: string, key: string): Promise<Backlog> {
    const { promise, resolve, reject } = Promise.withResolvers<Backlog>();
    this.#lines.push(feature, key);
    if (this.#waiting.push({ resolve, reject }) === 1) setImmediate(() => void this.#send());
    return promise;
  }

  async #send(): Promise<void> {
    const lines = this.#lines;
    const waiting = this.#waiting;
    this.#lines = [];
    this.#waiting = [];
    try {
      const answer = await this.#queue.call<BacklogAnswer>({ kind: 'backlog', lines });
      const { depths, emptyAt } = answer;
      for (const [at, { resolve }] of waiting.entries())
        resolve({ depth: depths[at] ?? 0, emptyAt });
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
