import { statSync } from 'node:fs';
import type { WriteDamage } from '../../ports/writes/port.ts';
import type { LogDirectory } from './log-directory.ts';
import type { LogRecord, ReadSegment } from './log-reader.ts';
import { LogReader } from './log-reader.ts';
import type { OutcomeLimits } from './outcome-store.ts';
import { OutcomeStore } from './outcome-store.ts';
import type { Place, ProgressPosition, ProgressRecord } from './progress-record.ts';
import { ProgressReader } from './progress-reader.ts';
import { RECORD_TYPE } from './record.ts';
import type { EntryState } from './queue-entry.ts';
import { SeqRanges } from './seq-ranges.ts';
import type { StoredEntry } from './stored-entry.ts';
import { storedEntry } from './stored-entry.ts';
import type { Horizon } from './write-queue.ts';
import { WriteQueue } from './write-queue.ts';
import type { WriterIdentity } from './writer-identity.ts';
import { mayStillWrite } from './writer-identity.ts';

export interface QueueViewOptions {
  readonly directory: LogDirectory;
  readonly identity: WriterIdentity;
  readonly boot: number;
  readonly outcomes: OutcomeLimits;
  /** The machine's monotonic clock, shared by all processes. */
  readonly stampNs: () => number;
}

/** The size and time of the pulse file. */
export interface Pulse {
  readonly size: number;
  readonly mtimeMs: number;
}

/** What is known of one log. */
export interface LogView {
  readonly reader: LogReader;
  settled: SeqRanges;
  /** Everything in it that is not settled. */
  readonly entries: Map<number, StoredEntry>;
  readonly discards: Map<number, Discard>;
}

/** The wish that a dead letter be given up. */
export interface Discard {
  readonly segment: ReadSegment;
  readonly id: string;
}

/** How many damaged places are remembered for people to read. */
const DAMAGE_LIMIT = 100;

/**
 * The queue as the files say it is: all logs, and what the drainer made of them. Any process can
 * have one; it knows only what was there at its last `refresh`.
 */
export class QueueView {
  readonly #options: QueueViewOptions;
  readonly #progress: ProgressReader;
  readonly damage = new Map<string, WriteDamage>();
  queue = new WriteQueue<StoredEntry>();
  logs = new Map<string, LogView>();
  /** Entries that count once the progress log says that they replaced another. */
  standIns = new Set<StoredEntry>();
  outcomes: OutcomeStore;
  horizon: Horizon;
  pulse: Pulse = { size: 0, mtimeMs: 0 };

  constructor(options: QueueViewOptions) {
    this.#options = options;
    this.#progress = new ProgressReader(options.directory, (damage) => this.#noteDamage(damage));
    this.outcomes = new OutcomeStore(options.outcomes);
    this.horizon = { boot: options.boot, stampNs: 0 };
  }

  get progressPosition(): ProgressPosition | null {
    return this.#progress.position;
  }

  /** Nothing waits: no write, and nothing that somebody has asked of a dead letter. */
  get isQuiet(): boolean {
    if (this.queue.depth > 0 || this.standIns.size > 0) return false;
    return [...this.logs.values()].every(({ discards }) => discards.size === 0);
  }

  /** Reads all that came since the last time. */
  refresh(): void {
    const stampNs = this.#options.stampNs();
    const { size, mtimeMs } = statSync(this.#options.directory.pulse);
    // The progress first: whatever it speaks of is in the logs by now.
    const news = this.#progress.read();
    if (news.reset) this.#forget();
    for (const record of news.records) this.#applySettled(record);
    this.#readLogs();
    for (const record of news.records) this.#apply(record);
    this.horizon = { boot: this.#options.boot, stampNs };
    this.pulse = { size, mtimeMs };
  }

  /** Reads the logs alone: for the drainer, who makes the progress itself. */
  refreshLogs(): void {
    const stampNs = this.#options.stampNs();
    const { size, mtimeMs } = statSync(this.#options.directory.pulse);
    this.#readLogs();
    this.horizon = { boot: this.#options.boot, stampNs };
    this.pulse = { size, mtimeMs };
  }

  /** Goes on reading progress behind what this process wrote itself. */
  attach(position: ProgressPosition): void {
    this.#progress.attach(position);
  }

  /** Forgets everything, so that the next refresh reads the files from their beginning. */
  reset(): void {
    this.#progress.close();
    this.#forget();
  }

  close(): void {
    this.reset();
  }

  entryAt([log, seq]: Place): StoredEntry | undefined {
    return this.logs.get(log)?.entries.get(seq);
  }

  /** Takes a place off the books: its record is not needed any more. */
  settle([log, seq]: Place): void {
    const view = this.#view(log);
    view.settled.add(seq);
    const wish = view.discards.get(seq);
    if (wish !== undefined) {
      view.discards.delete(seq);
      wish.segment.unsettled -= 1;
    }
    const entry = view.entries.get(seq);
    if (entry === undefined) return;
    view.entries.delete(seq);
    entry.segment.unsettled -= 1;
    if (!this.standIns.delete(entry)) this.queue.settle(entry);
  }

  /**
   * Lets `by` take the place of `at`: with its state when it was only moved, afresh when it was
   * requeued.
   */
  replace(at: Place, by: Place): void {
    const original = this.entryAt(at);
    const standIn = this.entryAt(by);
    const { attempts, state } = original ?? { attempts: 0, state: { kind: 'waiting' } as const };
    this.settle(at);
    if (standIn === undefined) return;
    const isMoved = standIn.origin === 'moved';
    this.#restore(standIn, isMoved ? attempts : 0, isMoved ? state : { kind: 'waiting' });
  }

  #applySettled(record: ProgressRecord): void {
    if (record.kind === 'settled') {
      this.settle(record.at);
      if (record.outcome !== undefined) this.outcomes.add(record.outcome);
    } else if (record.kind === 'summary-log') {
      this.#view(record.log).settled = SeqRanges.from(record.settled);
    }
  }

  #apply(record: ProgressRecord): void {
    if (record.kind === 'outcome') this.outcomes.add(record);
    else if (record.kind === 'replaced') this.replace(record.at, record.by);
    else if (record.kind === 'begun' && record.isNewHolder) this.queue.releaseClaims();
    else if ('at' in record) {
      const entry = this.entryAt(record.at);
      if (entry === undefined) return;
      if (record.kind === 'claimed') this.queue.claim(entry, '', record.untilMs);
      else if (record.kind === 'delayed') this.queue.delay(entry, record.notBeforeMs);
      else if (record.kind === 'buried') this.queue.bury(entry, record.reason, record.atMs);
      else if (record.kind === 'summary-entry') {
        this.#restore(entry, record.attempts, record.state);
      }
    }
  }

  #restore(entry: StoredEntry, attempts: number, state: EntryState): void {
    if (this.standIns.delete(entry)) this.queue.add(entry);
    if (state.kind === 'claimed') this.queue.claim(entry, '', state.untilMs);
    entry.attempts = attempts;
    if (state.kind === 'delayed') this.queue.delay(entry, state.notBeforeMs);
    else if (state.kind === 'dead') this.queue.bury(entry, state.reason, state.atMs);
  }

  #readLogs(): void {
    const names = new Set(this.#options.directory.logNames());
    for (const name of names) {
      const view = this.#view(name);
      view.reader.read((record) => this.#take(name, view, record));
    }
    for (const [name, view] of this.logs) {
      if (names.has(name) || view.entries.size > 0) continue;
      view.reader.close();
      this.logs.delete(name);
    }
  }

  #take(name: string, view: LogView, record: LogRecord): void {
    if (view.settled.has(record.seq)) return;
    record.segment.unsettled += 1;
    if (record.type === RECORD_TYPE.discard) {
      const { segment } = record;
      view.discards.set(record.seq, { segment, id: record.payload.toString('latin1') });
      return;
    }
    const entry = storedEntry(name, record);
    view.entries.set(record.seq, entry);
    if (entry.origin === 'accepted') this.queue.add(entry);
    else this.standIns.add(entry);
  }

  #view(name: string): LogView {
    let view = this.logs.get(name);
    if (view !== undefined) return view;
    const { directory, identity } = this.#options;
    const reader = new LogReader(directory, name, {
      mayStillWrite: (header) => mayStillWrite(header.writer, identity),
      onDamage: (damage) => this.#noteDamage(damage),
    });
    view = { reader, settled: new SeqRanges(), entries: new Map(), discards: new Map() };
    this.logs.set(name, view);
    return view;
  }

  #noteDamage(damage: WriteDamage): void {
    if (this.damage.size >= DAMAGE_LIMIT) return;
    this.damage.set(`${damage.file}:${damage.offset}`, damage);
  }

  #forget(): void {
    for (const view of this.logs.values()) view.reader.close();
    this.logs = new Map();
    this.queue = new WriteQueue();
    this.standIns = new Set();
    this.outcomes = new OutcomeStore(this.#options.outcomes);
  }
}
