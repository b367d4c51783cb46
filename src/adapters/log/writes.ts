import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync } from 'node:fs';
import type {
  AcceptedWrite,
  ClaimRequest,
  ClaimedWrite,
  DeadLetter,
  DeadLetterQuery,
  NewWrite,
  RequeueChanges,
  Settlement,
  WriteDrain,
  WriteStats,
  WriteStatus,
  Writes,
} from '../../ports/writes/port.ts';
import type { Lease } from '../../ports/state/port.ts';
import { AppendBatches } from './append-batches.ts';
import { BacklogQuestions } from './backlog-questions.ts';
import { checkSize, checkWrite } from './check-write.ts';
import { LogDirectory } from './log-directory.ts';
import type { Verdict } from './queue-drain.ts';
import type { QueueRequest } from './queue-thread.ts';
import type { Pulse } from './queue-view.ts';
import { ThreadClient } from './thread-client.ts';
import type { WriteRecord } from './write-record.ts';

export interface LogWritesOptions {
  /** A folder on a local disk, shared by the processes of one machine. */
  readonly path: string;
  /**
   * Bound on everything the store takes; may be overshot by a few percent while several processes
   * fill it. Default 1 GiB.
   */
  readonly limitBytes?: number;
  /** Default 1 MiB. */
  readonly bodyLimitBytes?: number;
  /** Default 8 MiB: the unit in which space is given back. */
  readonly segmentBytes?: number;
  /** How long the outcome of a write can be asked for. Default one hour, and 16 MiB in all. */
  readonly outcomeKeepMs?: number;
  readonly outcomeLimitBytes?: number;
  /** Default 8 MiB. */
  readonly progressBytes?: number;
  /** `none` makes nothing durable: for the test that shows that the proof of durability notices. */
  readonly sync?: 'fdatasync' | 'none';
}

const MIB = 1024 * 1024;
const ANSWER_LIMIT_BYTES = 64 * 1024;
const REASON_LIMIT_BYTES = 1024;

/**
 * Queued writes in append-only files: each process appends to a log of its own in a thread of its
 * own, with one fdatasync for all that wait, and any process reads all of them. Rejects with
 * `writes-failed`, `disk-full` or `writes-newer-format` when the folder cannot be used. See
 * docs/decisions/0005-write-log.md.
 */
export async function openLogWrites(options: LogWritesOptions): Promise<Writes> {
  const { path, limitBytes = 1024 * MIB, segmentBytes = 8 * MIB } = options;
  const { outcomeKeepMs = 3_600_000 } = options;
  const queue = new ThreadClient<QueueRequest>('queue-thread', {
    path,
    limitBytes,
    segmentBytes,
    outcomes: { keepMs: outcomeKeepMs, bytes: options.outcomeLimitBytes ?? 16 * MIB },
    progressBytes: options.progressBytes ?? 8 * MIB,
  });
  const boot = await queue.call<number>({ kind: 'open' });
  const appends = new AppendBatches({
    path,
    segmentBytes,
    limitBytes,
    sync: options.sync ?? 'fdatasync',
  });
  return new LogWrites(queue, appends, {
    boot,
    bodyLimitBytes: options.bodyLimitBytes ?? MIB,
    pulseFd: openSync(new LogDirectory(path).pulse, 'r'),
  });
}

class LogWrites implements Writes {
  readonly #queue: ThreadClient<QueueRequest>;
  readonly #appends: AppendBatches;
  readonly #backlogs: BacklogQuestions;
  readonly #boot: number;
  readonly #bodyLimitBytes: number;
  readonly #pulseFd: number;
  /** The pulse at which the queue was last seen empty. */
  #emptyAt: Pulse | null = null;
  #looking = false;

  constructor(
    queue: ThreadClient<QueueRequest>,
    appends: AppendBatches,
    own: { readonly boot: number; readonly bodyLimitBytes: number; readonly pulseFd: number },
  ) {
    this.#queue = queue;
    this.#appends = appends;
    this.#backlogs = new BacklogQuestions(queue);
    this.#boot = own.boot;
    this.#bodyLimitBytes = own.bodyLimitBytes;
    this.#pulseFd = own.pulseFd;
  }

  async append(write: NewWrite): Promise<AcceptedWrite> {
    const { id = randomUUID(), feature, key, body, forMs } = write;
    const acceptedAtMs = Date.now();
    const record: WriteRecord = {
      id,
      feature,
      key,
      body,
      acceptedAtMs,
      expiresAtMs: acceptedAtMs + forMs,
      boot: this.#boot,
      stampNs: process.hrtime.bigint(),
      origin: 'accepted',
    };
    checkWrite(record, this.#bodyLimitBytes);
    await this.#appends.write(record);
    return { id, acceptedAtMs, expiresAtMs: record.expiresAtMs };
  }

  quiet(): boolean {
    // An open file's size and time come from memory, never from the disk.
    const { size, mtimeMs } = fstatSync(this.#pulseFd);
    if (this.#emptyAt?.size === size && this.#emptyAt.mtimeMs === mtimeMs) return true;
    if (!this.#looking) void this.#look();
    return false;
  }

  async backlog(feature: string, key: string): Promise<number> {
    const { depth, emptyAt } = await this.#backlogs.ask(feature, key);
    this.#emptyAt = emptyAt;
    return depth;
  }

  find(id: string): Promise<WriteStatus | null> {
    return this.#queue.call({ kind: 'find', id });
  }

  stats(): Promise<WriteStats> {
    return this.#queue.call({ kind: 'stats' });
  }

  deadLetters(query: DeadLetterQuery = {}): Promise<readonly DeadLetter[]> {
    const { id = null, feature = null, limit = 100 } = query;
    return this.#queue.call({ kind: 'dead-letters', id, feature, limit });
  }

  async requeue(id: string, changes: RequeueChanges): Promise<boolean> {
    const dead = await this.#queue.call<WriteRecord | null>({ kind: 'dead-letter', id });
    if (dead === null) return false;
    const body = changes.body ?? dead.body;
    checkWrite({ ...dead, body }, this.#bodyLimitBytes);
    const expiresAtMs = Date.now() + changes.forMs;
    await this.#appends.write({ ...dead, body, expiresAtMs, origin: 'requeued' });
    return true;
  }

  async discard(id: string): Promise<boolean> {
    const dead = await this.#queue.call<WriteRecord | null>({ kind: 'dead-letter', id });
    if (dead === null) return false;
    await this.#appends.discard(id);
    return true;
  }

  async drain({ fence, holder }: Pick<Lease, 'fence' | 'holder'>): Promise<WriteDrain> {
    const drain = await this.#queue.call<number>({ kind: 'drain', fence, holder });
    return new LogDrain(this.#queue, drain);
  }

  async close(): Promise<void> {
    await this.#appends.close();
    await this.#queue.close();
    closeSync(this.#pulseFd);
  }

  async #look(): Promise<void> {
    this.#looking = true;
    try {
      await this.backlog('', '');
    } catch {
      // Stays unsure, and says so at the next question that can reject.
      this.#emptyAt = null;
    } finally {
      this.#looking = false;
    }
  }
}

class LogDrain implements WriteDrain {
  readonly #queue: ThreadClient<QueueRequest>;
  readonly #drain: number;

  constructor(queue: ThreadClient<QueueRequest>, drain: number) {
    this.#queue = queue;
    this.#drain = drain;
  }

  claim({ limit, forMs, features }: ClaimRequest): Promise<readonly ClaimedWrite[]> {
    const drain = this.#drain;
    return this.#queue.call({ kind: 'claim', drain, limit, forMs, features: features ?? null });
  }

  async acknowledge(claimed: ClaimedWrite, outcome = new Uint8Array(0)): Promise<Settlement> {
    checkSize('outcome', outcome.length, ANSWER_LIMIT_BYTES);
    return this.#conclude(claimed, { kind: 'done', answer: outcome });
  }

  delay(claimed: ClaimedWrite, delayMs: number): Promise<Settlement> {
    return this.#conclude(claimed, { kind: 'delay', delayMs });
  }

  async deadLetter(claimed: ClaimedWrite, reason: string): Promise<Settlement> {
    checkSize('reason', Buffer.byteLength(reason), REASON_LIMIT_BYTES);
    return this.#conclude(claimed, { kind: 'bury', reason });
  }

  async close(): Promise<void> {
    await this.#queue.call({ kind: 'end-drain', drain: this.#drain });
  }

  #conclude({ claim, id }: ClaimedWrite, verdict: Verdict): Promise<Settlement> {
    return this.#queue.call({ kind: 'conclude', drain: this.#drain, claim, id, verdict });
  }
}
