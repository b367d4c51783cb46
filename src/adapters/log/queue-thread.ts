/**
 * The body of the thread that reads all logs, answers questions about the queue, and drains it when
 * asked to.
 */
import { workerData } from 'node:worker_threads';
import type { ClaimedWrite, Settlement } from '../../ports/writes/port.ts';
import { compactLogs } from './compact-logs.ts';
import {
  describeDeadLetter,
  describeDeadLetters,
  describeStats,
  describeStatus,
} from './describe-queue.ts';
import { failureOfSystemCall, writesFenced } from './failures.ts';
import { LogDirectory, readBootId } from './log-directory.ts';
import { LogWriter } from './log-writer.ts';
import type { OutcomeLimits } from './outcome-store.ts';
import type { Verdict } from './queue-drain.ts';
import { QueueDrain } from './queue-drain.ts';
import { QueueView } from './queue-view.ts';
import type { Pulse } from './queue-view.ts';
import type { ThreadCall, ThreadReply } from './thread-server.ts';
import { replyFailure, serveCalls } from './thread-server.ts';
import { ownWriterIdentity } from './writer-identity.ts';

export interface QueueThreadData {
  readonly path: string;
  readonly limitBytes: number;
  readonly segmentBytes: number;
  readonly outcomes: OutcomeLimits;
  readonly progressBytes: number;
}

export type QueueRequest =
  /** Opens the folder; answered with the ordinal of the boot. */
  | { readonly kind: 'open' }
  /** Of so many lines, each by its feature and then its key. */
  | { readonly kind: 'backlog'; readonly lines: readonly string[] }
  | { readonly kind: 'find'; readonly id: string }
  | { readonly kind: 'stats' }
  | {
      readonly kind: 'dead-letters';
      readonly id: string | null;
      readonly feature: string | null;
      readonly limit: number;
    }
  | { readonly kind: 'dead-letter'; readonly id: string }
  | { readonly kind: 'drain'; readonly fence: number; readonly holder: string }
  | {
      readonly kind: 'claim';
      readonly drain: number;
      readonly limit: number;
      readonly forMs: number;
      readonly features: readonly string[] | null;
    }
  | {
      readonly kind: 'conclude';
      readonly drain: number;
      readonly claim: string;
      readonly id: string;
      readonly verdict: Verdict;
    }
  | { readonly kind: 'end-drain'; readonly drain: number };

/** The answer to `backlog`: with the pulse at which the whole queue was empty, when it was. */
export interface BacklogAnswer {
  /** Of each line that was named. */
  readonly depths: readonly number[];
  readonly emptyAt: Pulse | null;
}

/** How often at most settled segments are looked for. */
const COMPACT_PERIOD_MS = 1_000;

class QueueServer {
  readonly #data: QueueThreadData;
  readonly #directory: LogDirectory;
  readonly #boot: number;
  readonly #view: QueueView;
  #drain: QueueDrain | null = null;
  /** The log that the drain moves lasting writes to. */
  #relocations: LogWriter | null = null;
  #drains = 0;
  /** The view was read since the calls at hand came in. */
  #isFresh = false;
  #compactedAtMs = 0;

  constructor(data: QueueThreadData) {
    this.#data = data;
    this.#directory = new LogDirectory(data.path);
    this.#directory.create();
    this.#boot = this.#directory.bootOrdinal(readBootId());
    this.#view = new QueueView({
      directory: this.#directory,
      identity: ownWriterIdentity(),
      boot: this.#boot,
      outcomes: data.outcomes,
      stampNs: () => Number(process.hrtime.bigint()),
    });
    this.#view.refresh();
  }

  /**
   * Verdicts count together: one sync for all that came in at once, and none is answered before it.
   */
  handle(calls: readonly ThreadCall<QueueRequest>[]): readonly ThreadReply[] {
    const replies: ThreadReply[] = [];
    const concluded: number[] = [];
    this.#isFresh = false;
    for (const { id, request } of calls) {
      if (request.kind === 'conclude' && this.#conclude(request)) concluded.push(id);
      else replies.push(this.#reply(id, request));
    }
    if (concluded.length === 0) return replies;
    const settlement = this.#flush();
    for (const id of concluded) replies.push({ id, value: settlement });
    return replies;
  }

  /** After a failure to read or write: what memory believes beyond the disk is void. */
  recover(): void {
    this.#isFresh = false;
    this.#drain?.abandon();
    this.#drain = null;
    this.#view.reset();
    this.#relocations?.close();
    this.#relocations = null;
  }

  #conclude(request: QueueRequest & { readonly kind: 'conclude' }): boolean {
    const drain = request.drain === this.#drains ? this.#drain : null;
    return drain?.conclude(request.claim, request.id, request.verdict) === true;
  }

  #flush(): Settlement {
    const drain = this.#drain;
    if (drain === null) return 'claim-lost';
    if (!drain.flush()) {
      this.#endDrain();
      return 'claim-lost';
    }
    const now = performance.now();
    if (now - this.#compactedAtMs >= COMPACT_PERIOD_MS || this.#view.queue.depth === 0) {
      compactLogs(this.#directory, this.#view);
      drain.relocate((this.#relocations ??= this.#newWriter()));
      this.#compactedAtMs = now;
    }
    return 'settled';
  }

  #reply(id: number, request: QueueRequest): ThreadReply {
    try {
      return { id, value: this.#answer(request) };
    } catch (error) {
      const failure = failureOfSystemCall(error);
      if (failure !== undefined) this.recover();
      return replyFailure(id, failure ?? error);
    }
  }

  #answer(request: QueueRequest): unknown {
    switch (request.kind) {
      case 'open':
        return this.#boot;
      case 'drain':
        return this.#beginDrain(request.fence, request.holder);
      case 'claim':
        return this.#claim(request);
      case 'conclude':
        return 'claim-lost' satisfies Settlement;
      case 'end-drain':
        if (request.drain === this.#drains) this.#endDrain();
        return null;
      default:
        // Once for all that were asked together: each of them was asked before.
        if (!this.#isFresh) this.#refresh();
        this.#isFresh = true;
        return this.#look(request);
    }
  }

  #look(request: QueueRequest): unknown {
    const now = Date.now();
    const view = this.#view;
    switch (request.kind) {
      case 'backlog': {
        const { lines } = request;
        const depths: number[] = [];
        for (let at = 0; at < lines.length; at += 2) {
          depths.push(view.queue.backlog(lines[at] ?? '', lines[at + 1] ?? ''));
        }
        return { depths, emptyAt: view.isQuiet ? view.pulse : null } satisfies BacklogAnswer;
      }
      case 'find':
        return describeStatus(view, request.id, now);
      case 'dead-letters':
        return describeDeadLetters(view, request);
      case 'dead-letter':
        return describeDeadLetter(view, request.id);
      default:
        return describeStats(view, this.#data, now);
    }
  }

  #refresh(): void {
    if (this.#drain !== null && this.#drain.isFenced()) this.#endDrain();
    if (this.#drain === null) this.#view.refresh();
    else this.#view.refreshLogs();
  }

  #beginDrain(fence: number, holder: string): number {
    this.#endDrain();
    this.#drain = QueueDrain.begin({
      directory: this.#directory,
      view: this.#view,
      fence,
      holder,
      progressBytes: this.#data.progressBytes,
      nowMs: Date.now,
    });
    if (this.#drain === null) throw writesFenced();
    this.#drains += 1;
    compactLogs(this.#directory, this.#view);
    return this.#drains;
  }

  #claim(request: QueueRequest & { readonly kind: 'claim' }): readonly ClaimedWrite[] {
    const drain = request.drain === this.#drains ? this.#drain : null;
    if (drain === null) throw writesFenced();
    if (drain.isFenced()) {
      this.#endDrain();
      throw writesFenced();
    }
    return drain.claim(request.limit, request.forMs, request.features);
  }

  #endDrain(): void {
    this.#drain?.close();
    this.#drain = null;
    this.#relocations?.close();
    this.#relocations = null;
  }

  #newWriter(): LogWriter {
    return new LogWriter({
      directory: this.#directory,
      identity: ownWriterIdentity(),
      boot: this.#boot,
      segmentBytes: this.#data.segmentBytes,
      sync: 'fdatasync',
      nowMs: Date.now,
    });
  }
}

function start(data: QueueThreadData): void {
  let server: QueueServer | null = null;
  serveCalls<QueueRequest>((calls) => {
    try {
      server ??= new QueueServer(data);
      return server.handle(calls);
    } catch (error) {
      const failure = failureOfSystemCall(error) ?? error;
      server?.recover();
      return calls.map(({ id }) => replyFailure(id, failure));
    }
  });
}

start(workerData as QueueThreadData);
