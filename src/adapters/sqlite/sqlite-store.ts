import { join } from 'node:path';
import type { Clock } from '../../ports/clock/port.ts';
import type { Watch } from '../../ports/state/port.ts';
import { Feed, type FeedStep } from './feed.ts';
import { SqliteThread, type Operations } from './sqlite-thread.ts';
import type { StoreKind } from './store-codes.ts';

export interface SqliteStoreOptions {
  /** Where the file lies; made with mode 0700 when it does not exist. */
  readonly folder: string;
  /**
   * Whose wall time entries carry and leases expire by; all processes of a machine share one. The
   * system's by default.
   */
  readonly clock?: Pick<Clock, 'nowMs'>;
  /**
   * How long a call waits for the file's lock before it rejects with `state-unavailable` or
   * `journal-unavailable`; 5 s by default.
   */
  readonly timeoutMs?: number;
  /** How many calls may wait at once; 1,024 by default. */
  readonly pendingLimit?: number;
}

/** What state and journal share: a file, the thread that works on it, and who follows it. */
export class SqliteStore<Known extends Operations> {
  readonly thread: SqliteThread<Known>;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #feeds: Set<Feed>;

  private constructor(thread: SqliteThread<Known>, feeds: Set<Feed>, clock: Pick<Clock, 'nowMs'>) {
    this.thread = thread;
    this.#feeds = feeds;
    this.#clock = clock;
  }

  /** Rejects with the TurnoutError that says why the file cannot be used. */
  static async open<Known extends Operations>(
    kind: StoreKind,
    { folder, clock, timeoutMs = 5_000, pendingLimit = 1_024 }: SqliteStoreOptions,
  ): Promise<SqliteStore<Known>> {
    const feeds = new Set<Feed>();
    const thread = await SqliteThread.open<Known>({
      kind,
      file: join(folder, `${kind}.db`),
      timeoutMs,
      pendingLimit,
      onChanged() {
        for (const feed of feeds) feed.wake();
      },
    });
    return new SqliteStore(thread, feeds, clock ?? { nowMs: () => Date.now() });
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  /**
   * Calls `step` from the cursor on, now and after every change, until it is closed; rejects when
   * what is there already cannot be read.
   */
  async follow(
    cursor: number,
    step: (cursor: number, isClosed: () => boolean) => Promise<FeedStep>,
  ): Promise<Watch> {
    const feed = new Feed(cursor, (from) => step(from, () => feed.closed));
    const close = () => {
      feed.close();
      if (this.#feeds.delete(feed)) this.thread.unwatch();
    };
    this.#feeds.add(feed);
    this.thread.watch();
    try {
      await feed.start();
    } catch (error) {
      close();
      throw error;
    }
    return { close };
  }

  async close(): Promise<void> {
    for (const feed of this.#feeds) feed.close();
    this.#feeds.clear();
    await this.thread.close();
  }
}
