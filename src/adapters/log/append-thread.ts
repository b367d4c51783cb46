/** The body of the thread that owns a process's log: it alone writes and syncs it. */
import { workerData } from 'node:worker_threads';
import { diskUsageBytes } from './disk-usage.ts';
import { appendFailed, failureOfSystemCall, writesFull } from './failures.ts';
import { LogDirectory, readBootId } from './log-directory.ts';
import type { AppendOutcome } from './log-writer.ts';
import { LogWriter } from './log-writer.ts';
import type { ThreadCall, ThreadReply } from './thread-server.ts';
import { replyFailure, serveCalls } from './thread-server.ts';
import { ownWriterIdentity } from './writer-identity.ts';

export interface AppendThreadData {
  readonly path: string;
  readonly segmentBytes: number;
  readonly limitBytes: number;
  readonly sync: 'fdatasync' | 'none';
}

export type AppendRequest =
  | { readonly kind: 'append'; readonly records: Uint8Array }
  | { readonly kind: 'close' };

/** How old the count of all bytes may be, in time and as a share of the limit. */
const USAGE_AGE_MS = 200;
const USAGE_SHARE = 1 / 64;

class Appender {
  readonly #data: AppendThreadData;
  readonly #directory: LogDirectory;
  readonly #writer: LogWriter;
  #usageBytes = 0;
  #usageAtMs = Number.NEGATIVE_INFINITY;
  #appendedAtUsage = 0;

  constructor(data: AppendThreadData) {
    this.#data = data;
    this.#directory = new LogDirectory(data.path);
    this.#writer = new LogWriter({
      directory: this.#directory,
      identity: ownWriterIdentity(),
      boot: this.#directory.bootOrdinal(readBootId()),
      segmentBytes: data.segmentBytes,
      sync: data.sync,
      nowMs: Date.now,
    });
  }

  handle(calls: readonly ThreadCall<AppendRequest>[]): readonly ThreadReply[] {
    const replies: ThreadReply[] = [];
    const accepted: { readonly id: number; readonly records: Buffer }[] = [];
    let bytes = this.#usage();
    for (const { id, request } of calls) {
      if (request.kind === 'close') {
        this.#writer.close();
        replies.push({ id, value: null });
        continue;
      }
      const { buffer, byteOffset, byteLength } = request.records;
      if (bytes + byteLength > this.#data.limitBytes) {
        replies.push(replyFailure(id, writesFull(bytes, this.#data.limitBytes)));
        continue;
      }
      bytes += byteLength;
      accepted.push({ id, records: Buffer.from(buffer, byteOffset, byteLength) });
    }
    if (accepted.length === 0) return replies;
    const outcome = this.#writer.append(accepted.map(({ records }) => records));
    return [...replies, ...accepted.map(({ id }) => replyTo(id, outcome))];
  }

  /** Bytes of all logs, counted anew when the count may be off by more than a little. */
  #usage(): number {
    const now = performance.now();
    const appended = this.#writer.appendedBytes - this.#appendedAtUsage;
    if (now - this.#usageAtMs > USAGE_AGE_MS || appended > this.#data.limitBytes * USAGE_SHARE) {
      this.#usageBytes = diskUsageBytes(this.#data.path);
      this.#usageAtMs = now;
      this.#appendedAtUsage = this.#writer.appendedBytes;
      return this.#usageBytes;
    }
    return this.#usageBytes + appended;
  }
}

function replyTo(id: number, outcome: AppendOutcome): ThreadReply {
  if (outcome.kind === 'durable') return { id, value: null };
  return replyFailure(id, appendFailed(outcome.code, outcome.message));
}

function start(data: AppendThreadData): void {
  let appender: Appender | null = null;
  serveCalls<AppendRequest>((calls) => {
    try {
      appender ??= new Appender(data);
      return appender.handle(calls);
    } catch (error) {
      const failure = failureOfSystemCall(error);
      if (failure === undefined) throw error;
      return calls.map(({ id }) => replyFailure(id, failure));
    }
  });
}

start(workerData as AppendThreadData);
