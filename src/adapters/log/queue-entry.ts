import type { WriteOrigin } from './write-record.ts';

/** A write in the queue, without its body. */
export interface QueueEntry {
  /** Where its record lies: the log and the sequence number in it. */
  readonly log: string;
  readonly seq: number;
  readonly id: string;
  readonly feature: string;
  readonly key: string;
  readonly boot: number;
  readonly stampNs: number;
  readonly acceptedAtMs: number;
  readonly expiresAtMs: number;
  readonly bytes: number;
  readonly origin: WriteOrigin;
  attempts: number;
  /**
   * The newest claim. It may settle the write as long as nobody else has claimed it since, even
   * after it expired.
   */
  claim: string | null;
  state: EntryState;
}

export type EntryState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'delayed'; readonly notBeforeMs: number }
  | { readonly kind: 'claimed'; readonly untilMs: number }
  | { readonly kind: 'dead'; readonly reason: string; readonly atMs: number }
  | { readonly kind: 'gone' };

/** The order of replay: by boot, by the clock that all processes of a boot share, then by place. */
export function isBefore(a: QueueEntry, b: QueueEntry): boolean {
  if (a.boot !== b.boot) return a.boot < b.boot;
  if (a.stampNs !== b.stampNs) return a.stampNs < b.stampNs;
  if (a.log !== b.log) return a.log < b.log;
  return a.seq < b.seq;
}
