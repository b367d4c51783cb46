import { randomUUID } from 'node:crypto';
import {
  describeDeadLetters,
  describeStats,
  describeStatus,
} from '../../../src/adapters/log/describe-queue.ts';
import { writesFenced } from '../../../src/adapters/log/failures.ts';
import { LogDirectory, readBootId } from '../../../src/adapters/log/log-directory.ts';
import { LogWriter } from '../../../src/adapters/log/log-writer.ts';
import { QueueDrain, type Verdict } from '../../../src/adapters/log/queue-drain.ts';
import { QueueView } from '../../../src/adapters/log/queue-view.ts';
import { encodeWriteRecord, writeRecordBytes } from '../../../src/adapters/log/write-record.ts';
import { ownWriterIdentity } from '../../../src/adapters/log/writer-identity.ts';
import type {
  ClaimRequest,
  ClaimedWrite,
  NewWrite,
  Settlement,
  WriteDrain,
  Writes,
} from '../../../src/ports/writes/port.ts';

const MIB = 1024 * 1024;

/**
 * The write log, its files and all that decides over them, without its threads and by a clock that
 * is simulated: what was done in one order is done in that order again. A machine does not fail
 * here, so that nothing waits for the disk.
 */
export function openSimulatedWrites(path: string, nowMs: () => number): Writes {
  const directory = new LogDirectory(path);
  directory.create();
  const boot = directory.bootOrdinal(readBootId());
  const identity = ownWriterIdentity();
  let stamp = 0;
  const view = new QueueView({
    directory,
    identity,
    boot,
    outcomes: { keepMs: 3_600_000, bytes: 16 * MIB },
    stampNs: () => ++stamp,
  });
  const writer = new LogWriter({
    directory,
    identity,
    boot,
    segmentBytes: MIB,
    sync: 'none',
    nowMs,
  });
  view.refresh();
  let drain: QueueDrain | null = null;
  const refreshed = (): QueueView => {
    if (drain?.isFenced() === true) drain = null;
    if (drain === null) view.refresh();
    else view.refreshLogs();
    return view;
  };
  const ended = (own: QueueDrain): void => {
    if (drain !== own) return;
    own.close();
    drain = null;
  };
  return {
    async append({ id = randomUUID(), feature, key, body, forMs }: NewWrite) {
      const acceptedAtMs = nowMs();
      const times = { acceptedAtMs, expiresAtMs: acceptedAtMs + forMs };
      const place = { boot, stampNs: BigInt(++stamp), origin: 'accepted' } as const;
      const write = { id, feature, key, body, ...times, ...place };
      const bytes = Buffer.alloc(writeRecordBytes(write));
      encodeWriteRecord(bytes, 0, write);
      const outcome = writer.append([bytes]);
      if (outcome.kind === 'failed') throw new Error(outcome.message);
      return { id, ...times };
    },
    quiet: () => refreshed().isQuiet,
    backlog: async (feature, key) => refreshed().queue.backlog(feature, key),
    find: async (id) => describeStatus(refreshed(), id, nowMs()),
    stats: async () => describeStats(refreshed(), { path, limitBytes: 1024 * MIB }, nowMs()),
    deadLetters: async ({ id = null, feature = null, limit = 100 } = {}) =>
      describeDeadLetters(refreshed(), { id, feature, limit }),
    requeue: () => Promise.reject(new Error('nobody asks for it here')),
    discard: () => Promise.reject(new Error('nobody asks for it here')),
    async drain({ fence, holder }) {
      drain?.close();
      drain = null;
      const own = QueueDrain.begin({
        directory,
        view,
        fence,
        holder,
        progressBytes: MIB,
        nowMs,
      });
      if (own === null) throw writesFenced();
      drain = own;
      return new SimulatedDrain(own, () => drain === own, ended);
    },
    async close() {
      drain?.close();
      writer.close();
      view.close();
    },
  };
}

class SimulatedDrain implements WriteDrain {
  readonly #drain: QueueDrain;
  readonly #isInForce: () => boolean;
  readonly #end: (drain: QueueDrain) => void;

  constructor(drain: QueueDrain, isInForce: () => boolean, end: (drain: QueueDrain) => void) {
    this.#drain = drain;
    this.#isInForce = isInForce;
    this.#end = end;
  }

  async claim({ limit, forMs, features }: ClaimRequest): Promise<readonly ClaimedWrite[]> {
    if (!this.#isInForce()) throw writesFenced();
    return this.#drain.claim(limit, forMs, features ?? null);
  }

  async acknowledge(claimed: ClaimedWrite, answer = new Uint8Array(0)): Promise<Settlement> {
    return this.#conclude(claimed, { kind: 'done', answer });
  }

  async delay(claimed: ClaimedWrite, delayMs: number): Promise<Settlement> {
    return this.#conclude(claimed, { kind: 'delay', delayMs });
  }

  async deadLetter(claimed: ClaimedWrite, reason: string): Promise<Settlement> {
    return this.#conclude(claimed, { kind: 'bury', reason });
  }

  async close(): Promise<void> {
    this.#end(this.#drain);
  }

  #conclude({ claim, id }: ClaimedWrite, verdict: Verdict): Settlement {
    if (!this.#isInForce() || !this.#drain.conclude(claim, id, verdict)) return 'claim-lost';
    return this.#drain.flush() ? 'settled' : 'claim-lost';
  }
}
