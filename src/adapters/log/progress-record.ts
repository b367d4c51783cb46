import type { EntryState } from './queue-entry.ts';
import { RECORD_TYPE, encodeRecord } from './record.ts';
import type { ProgressName } from './log-directory.ts';

/** A record's log and its sequence number there. */
export type Place = readonly [log: string, seq: number];

/** One thing that the drainer did, or one line of the summary that its file begins with. */
export type ProgressRecord =
  | { readonly kind: 'claimed'; readonly at: Place; readonly untilMs: number }
  | { readonly kind: 'delayed'; readonly at: Place; readonly notBeforeMs: number }
  | { readonly kind: 'buried'; readonly at: Place; readonly reason: string; readonly atMs: number }
  | { readonly kind: 'settled'; readonly at: Place; readonly outcome?: Outcome }
  /** `by` takes the place of `at`, with its state when it was only moved. */
  | { readonly kind: 'replaced'; readonly at: Place; readonly by: Place }
  | ({ readonly kind: 'outcome' } & Outcome)
  | {
      readonly kind: 'summary-log';
      readonly log: string;
      readonly settled: readonly (readonly [number, number])[];
    }
  | {
      readonly kind: 'summary-entry';
      readonly at: Place;
      readonly attempts: number;
      readonly state: EntryState;
    }
  /**
   * The summary is complete; from here on this file counts, and `continues` up to its length is all
   * that counted before. A new holder voids the claims of the one before.
   */
  | {
      readonly kind: 'begun';
      readonly holder: string;
      readonly isNewHolder: boolean;
      readonly continues: ProgressPosition | null;
    };

export interface ProgressPosition {
  readonly name: ProgressName;
  readonly length: number;
}

/** What became of a settled write, kept for those who ask. */
export interface Outcome {
  readonly id: string;
  readonly feature: string;
  readonly acceptedAtMs: number;
  readonly how: 'done' | 'discarded';
  readonly atMs: number;
  readonly answerBase64: string;
}

export function encodeProgress(marker: Uint8Array, seq: number, record: ProgressRecord): Buffer {
  return encodeRecord(marker, RECORD_TYPE.progress, seq, Buffer.from(JSON.stringify(record)));
}

export function decodeProgress(payload: Buffer): ProgressRecord {
  return JSON.parse(payload.toString()) as ProgressRecord;
}
