import type { ClaimedWrite } from '../../ports/writes/port.ts';
import type { LogDirectory } from './log-directory.ts';
import type { LogWriter } from './log-writer.ts';
import type { Outcome, Place, ProgressPosition } from './progress-record.ts';
import { ProgressWriter } from './progress-writer.ts';
import { isDiskFull } from './failures.ts';
import type { LogView, QueueView } from './queue-view.ts';
import type { StoredEntry } from './stored-entry.ts';
import { relocateWrites } from './relocate-writes.ts';
import { placeOf, readStoredWrite } from './stored-entry.ts';
import { summariseQueue } from './summarise-queue.ts';

export interface QueueDrainOptions {
  readonly directory: LogDirectory;
  readonly view: QueueView;
  readonly fence: number;
  readonly holder: string;
  /** A progress file is summed up in a new one beyond this size. */
  readonly progressBytes: number;
  readonly nowMs: () => number;
}

/** What a holder of a claim says of it. */
export type Verdict =
  | { readonly kind: 'done'; readonly answer: Uint8Array }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'bury'; readonly reason: string };

/** Bodies handed out by one claim together, so that no caller is buried in them. */
const CLAIM_BYTES = 8 * 1024 * 1024;

/**
 * The one who changes the queue: decides in memory, writes down what it decided, and only then lets
 * it be known. Its operations block, so it lives in a thread. Any exception leaves the memory ahead
 * of the disk: the caller drops the drain and resets the view.
 */
export class QueueDrain {
  readonly #options: QueueDrainOptions;
  #progress: ProgressWriter;
  #summaryBytes = 0;
  #claims = 0;

  /** Null when a holder with a higher fence has begun. */
  static begin(options: QueueDrainOptions): QueueDrain | null {
    const { directory, view, fence, nowMs } = options;
    // First the file, whose name fences the holder before; then all that it wrote until then.
    const progress = createProgress(directory, fence, nowMs());
    if (progress === null) return null;
    try {
      view.refresh();
      view.queue.releaseClaims();
      return new QueueDrain(options, progress);
    } catch (error) {
      progress.close();
      throw error;
    }
  }

  private constructor(options: QueueDrainOptions, progress: ProgressWriter) {
    this.#options = options;
    this.#progress = progress;
    this.#sumUp(options.view.progressPosition);
  }

  claim(limit: number, forMs: number, features: readonly string[] | null): readonly ClaimedWrite[] {
    const { view, nowMs, fence } = this.#options;
    const { queue } = view;
    const now = nowMs();
    view.refreshLogs();
    this.#fulfilWishes();
    queue.wake(now);
    for (const entry of queue.expired(now)) this.#bury(entry, 'expired');
    const claimed: ClaimedWrite[] = [];
    let bytes = 0;
    while (claimed.length < limit && bytes < CLAIM_BYTES) {
      const [entry] = queue.heads(features, 1, view.horizon);
      if (entry === undefined) break;
      if (this.#isDuplicate(entry, now)) {
        this.#settle(placeOf(entry));
        continue;
      }
      const write = readStoredWrite(entry);
      if (write === null) {
        this.#bury(entry, 'unreadable');
        continue;
      }
      this.#claims += 1;
      const claim = `${fence}.${this.#progress.name.generation}.${this.#claims}`;
      queue.claim(entry, claim, now + forMs);
      this.#progress.add({ kind: 'claimed', at: placeOf(entry), untilMs: now + forMs });
      const { id, feature, key, acceptedAtMs, expiresAtMs, attempts } = entry;
      const body = new Uint8Array(write.body);
      claimed.push({ id, feature, key, body, acceptedAtMs, expiresAtMs, attempts, claim });
      bytes += body.length;
    }
    this.#write();
    return claimed;
  }

  /**
   * False when the claim is not the newest of its write any more. Counts once `flush` has said so.
   */
  conclude(claim: string, id: string, verdict: Verdict): boolean {
    const { view, nowMs } = this.#options;
    const entry = view.queue.claimedBy(claim, id);
    if (entry === undefined) return false;
    const now = nowMs();
    switch (verdict.kind) {
      case 'done': {
        // What is carried out gives space back, if nothing long is written down about it.
        const isTight = this.#progress.isOnReserve;
        const answerBase64 = isTight ? '' : Buffer.from(verdict.answer).toString('base64');
        this.#settle(placeOf(entry), outcomeOf(entry, 'done', now, answerBase64));
        break;
      }
      case 'delay': {
        const notBeforeMs = now + verdict.delayMs;
        view.queue.delay(entry, notBeforeMs);
        this.#progress.add({ kind: 'delayed', at: placeOf(entry), notBeforeMs });
        break;
      }
      case 'bury':
        this.#bury(entry, verdict.reason);
    }
    return true;
  }

  /**
   * Puts everything decided so far on disk; false when a later holder had begun by then, so that it
   * may not count.
   */
  flush(): boolean {
    this.#write();
    this.#progress.sync();
    if (this.isFenced()) return false;
    const isLong = this.#progress.length > this.#options.progressBytes + 2 * this.#summaryBytes;
    return !isLong || this.#rotate(false);
  }

  /**
   * Moves what keeps large segments alive; they can be removed after the next `flush` that counts.
   */
  relocate(writer: LogWriter): void {
    for (const record of relocateWrites(this.#options.view, writer)) this.#progress.add(record);
  }

  isFenced(): boolean {
    return this.#progress.isFenced();
  }

  /** Lets the view follow whoever drains next. */
  close(): void {
    // What was decided and not flushed stands in the view already: the file must not lag behind it.
    this.#write();
    this.#options.view.attach({ name: this.#progress.name, length: this.#progress.length });
    this.#progress.close();
  }

  /** After a failure to write: what the view believes beyond the files is void. */
  abandon(): void {
    this.#progress.close();
    this.#options.view.reset();
  }

  #isDuplicate(entry: StoredEntry, nowMs: number): boolean {
    const { queue, outcomes } = this.#options.view;
    return queue.withId(entry.id) !== entry || outcomes.get(entry.id, nowMs) !== undefined;
  }

  #bury(entry: StoredEntry, reason: string): void {
    const atMs = this.#options.nowMs();
    this.#options.view.queue.bury(entry, reason, atMs);
    this.#progress.add({ kind: 'buried', at: placeOf(entry), reason, atMs });
  }

  #settle(at: Place, outcome?: Outcome): void {
    this.#options.view.settle(at);
    if (outcome !== undefined) this.#options.view.outcomes.add(outcome);
    this.#progress.add({ kind: 'settled', at, ...(outcome === undefined ? {} : { outcome }) });
  }

  /** Requeues and discards dead letters as others have asked for. */
  #fulfilWishes(): void {
    const { view, nowMs } = this.#options;
    for (const standIn of view.standIns) {
      const dead = view.queue.withId(standIn.id);
      if (standIn.origin !== 'requeued' || dead?.state.kind !== 'dead') {
        this.#settle(placeOf(standIn));
        continue;
      }
      const at = placeOf(dead);
      const by = placeOf(standIn);
      view.replace(at, by);
      this.#progress.add({ kind: 'replaced', at, by });
    }
    for (const [name, log] of view.logs) this.#fulfilDiscards(name, log, nowMs());
  }

  #fulfilDiscards(name: string, log: LogView, nowMs: number): void {
    for (const [seq, { id }] of log.discards) {
      const dead = this.#options.view.queue.withId(id);
      if (dead?.state.kind === 'dead') {
        this.#settle(placeOf(dead), outcomeOf(dead, 'discarded', nowMs, ''));
      }
      this.#settle([name, seq]);
    }
  }

  /** Hands everything decided so far to the system. */
  #write(): void {
    try {
      this.#progress.write();
    } catch (error) {
      if (!isDiskFull(error) || !this.#rotate(true)) throw error;
    }
  }

  /** Goes on in a new file that begins with a summary; false when there can be none. */
  #rotate(onReserve: boolean): boolean {
    const { name, length } = this.#progress;
    if (!this.#replaceProgress(onReserve)) return false;
    this.#sumUp({ name, length });
    return true;
  }

  /** `continues` is what counted before, and is subsumed by the summary. */
  #sumUp(continues: ProgressPosition | null): void {
    const isTight = this.#progress.isOnReserve;
    for (const record of summariseQueue(this.#options.view)) {
      const isAnswer = record.kind === 'outcome' && isTight;
      this.#progress.add(isAnswer ? { ...record, answerBase64: '' } : record);
    }
    const { holder, fence } = this.#options;
    const isNewHolder = continues?.name.fence !== fence;
    this.#progress.add({ kind: 'begun', holder, isNewHolder, continues });
    try {
      this.#progress.write();
    } catch (error) {
      if (this.#progress.isOnReserve || !isDiskFull(error)) throw error;
      if (!this.#replaceProgress(true)) throw error;
      this.#sumUp(continues);
      return;
    }
    this.#progress.sync();
    this.#progress.supersedeOlder();
    this.#summaryBytes = this.#progress.length;
  }

  #replaceProgress(onReserve: boolean): boolean {
    const { directory, fence, nowMs } = this.#options;
    const next = ProgressWriter.create(directory, { fence, nowMs: nowMs(), onReserve });
    if (next === null) return false;
    this.#progress.close();
    this.#progress = next;
    return true;
  }
}

function createProgress(
  directory: LogDirectory,
  fence: number,
  nowMs: number,
): ProgressWriter | null {
  try {
    return ProgressWriter.create(directory, { fence, nowMs, onReserve: false });
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    return ProgressWriter.create(directory, { fence, nowMs, onReserve: true });
  }
}

function outcomeOf(
  { id, feature, acceptedAtMs }: StoredEntry,
  how: Outcome['how'],
  atMs: number,
  answerBase64: string,
): Outcome {
  return { id, feature, acceptedAtMs, how, atMs, answerBase64 };
}
