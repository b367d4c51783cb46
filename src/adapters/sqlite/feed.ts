import { setTimeout as delay } from 'node:timers/promises';

/** How long to leave an unreachable file alone before the next try. */
const RETRY_PERIOD_MS = 100;

/** What one look found: where to go on from, and whether more waits there already. */
export interface FeedStep {
  readonly cursor: number;
  readonly more: boolean;
}

/**
 * Follows an ordered record from a cursor: `step(cursor)` reads and delivers what comes next. Steps
 * never overlap, so what is delivered is in order, and a listener that is slow makes the next step
 * larger in place of a queue.
 */
export class Feed {
  readonly #step: (cursor: number) => Promise<FeedStep>;
  #cursor: number;
  #state: 'idle' | 'running' | 'running, woken' | 'closed' = 'idle';

  constructor(cursor: number, step: (cursor: number) => Promise<FeedStep>) {
    this.#cursor = cursor;
    this.#step = step;
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /**
   * Resolves when all that was there has been delivered; rejects, and closes the feed, when it
   * cannot be read.
   */
  async start(): Promise<void> {
    this.#state = 'running';
    try {
      await this.#catchUp();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Says that there may be something new. */
  wake(): void {
    if (this.#state === 'running') this.#state = 'running, woken';
    if (this.#state !== 'idle') return;
    this.#state = 'running';
    void this.#follow();
  }

  close(): void {
    this.#state = 'closed';
  }

  async #follow(): Promise<void> {
    while (this.#isRunning()) {
      try {
        await this.#catchUp();
        return;
      } catch {
        // Whoever changes or reads the record is told; a follower's part is to be there when it is
        // back.
        await delay(RETRY_PERIOD_MS, undefined, { ref: false });
      }
    }
  }

  async #catchUp(): Promise<void> {
    for (let more = true; this.#isRunning() && (more || this.#state === 'running, woken');) {
      this.#state = 'running';
      const step = await this.#step(this.#cursor);
      this.#cursor = step.cursor;
      more = step.more;
    }
    if (this.#isRunning()) this.#state = 'idle';
  }

  #isRunning(): boolean {
    return this.#state === 'running' || this.#state === 'running, woken';
  }
}

/**
 * Calls `listener` so that one that throws stops the process as any uncaught error does, and not
 * the feed.
 */
export function deliver<Item>(listener: (item: Item) => void, item: Item): void {
  try {
    listener(item);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
