import type { LoadAnswer, LoadReport } from '../../support/load.ts';

/** What visitors noticed in one phase. Times are counted from where the phase began. */
export type PhaseReport = {
  readonly reads: number;
  readonly failedReads: number;
  /** When the last read failed: how long the failover was noticed by readers; 0 when it was not. */
  readonly failoverMs: number;
  readonly slowestReadMs: number;
  readonly acknowledged: number;
  /** Writes that were kept for later, each time that it was said. */
  readonly kept: number;
  readonly slowestKeepingMs: number;
  /** Writes of which nobody knows; they are sent again with their key, as the page does. */
  readonly unknown: number;
  readonly failedWrites: number;
  readonly slowestWriteMs: number;
  /** When the first write that was sent in this phase was acknowledged; null when none was. */
  readonly firstWriteMs: number | null;
  /** Why reads and writes failed, the first few. */
  readonly reasons: readonly string[];
};

const REASONS_KEPT = 6;

/** Takes down what becomes of reads and writes from the moment it is made. */
export class Phase {
  readonly #startedMs = performance.now();
  #failoverMs = 0;
  #slowestReadMs = 0;
  #slowestKeepingMs = 0;
  #slowestWriteMs = 0;
  #kept = 0;
  #firstWriteMs: number | null = null;
  readonly #reasons: string[] = [];

  read(path: string, answer: LoadAnswer, isRight: boolean): void {
    this.#slowestReadMs = Math.max(this.#slowestReadMs, answer.ms);
    if (isRight) return;
    this.#failoverMs = this.#ageMs();
    this.#note(path, answer);
  }

  write(answer: LoadAnswer, outcome: 'acknowledged' | 'kept' | 'other'): void {
    const { ms } = answer;
    if (outcome === 'other') this.#note('a gift', answer);
    this.#slowestWriteMs = Math.max(this.#slowestWriteMs, ms);
    if (outcome === 'kept') {
      this.#kept += 1;
      this.#slowestKeepingMs = Math.max(this.#slowestKeepingMs, ms);
    }
    const wasSentHere = this.#ageMs() >= ms;
    if (outcome === 'acknowledged' && wasSentHere) this.#firstWriteMs ??= this.#ageMs();
  }

  report(readers: LoadReport, writers: LoadReport): PhaseReport {
    return {
      reads: readers.sent,
      failedReads: readers.sent - readers.ok,
      failoverMs: this.#failoverMs,
      slowestReadMs: Math.round(this.#slowestReadMs),
      acknowledged: writers.ok,
      kept: this.#kept,
      slowestKeepingMs: Math.round(this.#slowestKeepingMs),
      unknown: writers.unknown,
      failedWrites: writers.sent - writers.ok - writers.unknown - this.#kept,
      slowestWriteMs: Math.round(this.#slowestWriteMs),
      firstWriteMs: this.#firstWriteMs,
      reasons: this.#reasons,
    };
  }

  #note(what: string, { status, body, ms }: LoadAnswer): void {
    if (this.#reasons.length >= REASONS_KEPT) return;
    this.#reasons.push(
      `${this.#ageMs()} ms: ${what}: ${status} after ${Math.round(ms)} ms: ${body}`,
    );
  }

  #ageMs(): number {
    return Math.round(performance.now() - this.#startedMs);
  }
}
