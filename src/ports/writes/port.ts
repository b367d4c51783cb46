import type { Lease } from '../state/port.ts';

/**
 * Writes that a feature could not take now and that must reach its service later: durable, and in
 * order for each key.
 *
 * The order of one feature's key is a linear extension of happened-before: when a caller got its
 * answer to `append` before it began the next one, through whichever process of the machine, the
 * first is replayed first. Writes that were under way together may go in either order. Delivery is
 * at least once: what was claimed and not settled when a process died is claimed again. Sizes are
 * bounded: an id by 128 characters of `A–Z a–z 0–9 . _ ~ -`, a feature by 256 bytes, a key by
 * 1 KiB, a body and the total by the adapter's limits.
 */
export interface Writes {
  /**
   * Resolves once the write is on disk. When it rejects, the write was not accepted. TurnoutErrors:
   * `write-too-large`, `write-id-invalid`, `writes-full` (the bound on all bytes),
   * `writes-overloaded` (too many wait for the disk), `disk-full`, `writes-sync-failed` (the disk
   * did not keep its word), `writes-failed` (any other failure of the store).
   */
  append(write: NewWrite): Promise<AcceptedWrite>;
  /**
   * True when surely no write waits anywhere, false when unsure; cheap enough for every request,
   * never waits for a disk.
   */
  quiet(): boolean;
  /**
   * How many writes of the key are not settled, including every one accepted anywhere before this
   * call.
   */
  backlog(feature: string, key: string): Promise<number>;
  /** What became of a write; null when unknown or done longer ago than its outcome is kept. */
  find(id: string): Promise<WriteStatus | null>;
  stats(): Promise<WriteStats>;
  /** Dead letters, oldest first, at most `limit` (default 100). */
  deadLetters(query?: DeadLetterQuery): Promise<readonly DeadLetter[]>;
  /**
   * Sends a dead letter back to its original place in its key's order, before all that still waits
   * and was accepted later. Resolves once the wish is on disk (it takes effect when drained); false
   * when there is no such dead letter.
   */
  requeue(id: string, changes: RequeueChanges): Promise<boolean>;
  /**
   * Gives a dead letter up; resolves once the wish is on disk; false when there is no such dead
   * letter.
   */
  discard(id: string): Promise<boolean>;
  /**
   * Begins to drain under a lease held by the caller, who renews it. Rejects with TurnoutError
   * `writes-fenced` when a holder with a higher fence has begun. From now on what an earlier holder
   * settles no longer counts, and it is told so.
   */
  drain(lease: Pick<Lease, 'fence' | 'holder'>): Promise<WriteDrain>;
  close(): Promise<void>;
}

export interface NewWrite {
  /**
   * Unguessable where it names a status page; made by the adapter when absent. Of several writes
   * with one id one is claimed; the others are settled with it, as long as its outcome is kept.
   */
  readonly id?: string;
  /** `donations.donate`. */
  readonly feature: string;
  /** What order is kept by; order and backlog are per feature and key. */
  readonly key: string;
  readonly body: Uint8Array;
  /** How long it may wait; after that it becomes a dead letter with reason `expired`. */
  readonly forMs: number;
}

export interface AcceptedWrite {
  readonly id: string;
  readonly acceptedAtMs: number;
  readonly expiresAtMs: number;
}

export type WriteStatus = { readonly feature: string; readonly acceptedAtMs: number } & (
  | { readonly kind: 'queued'; readonly attempts: number; readonly expiresAtMs: number }
  | { readonly kind: 'replaying'; readonly attempts: number; readonly expiresAtMs: number }
  | { readonly kind: 'done'; readonly atMs: number; readonly outcome: Uint8Array }
  | { readonly kind: 'dead'; readonly atMs: number; readonly reason: string }
  | { readonly kind: 'discarded'; readonly atMs: number }
);

export interface WriteStats {
  /** Writes not settled, dead letters not counted. */
  readonly depth: number;
  readonly claimed: number;
  /** Age of the oldest write not settled, null when there is none. */
  readonly oldestAgeMs: number | null;
  readonly deadLetters: number;
  /** What the store takes on disk, and what it may take. */
  readonly bytes: number;
  readonly limitBytes: number;
  readonly features: readonly FeatureWriteStats[];
  /** Places where the store could not be read; nothing around them is lost. */
  readonly damage: readonly WriteDamage[];
}

export interface FeatureWriteStats {
  readonly feature: string;
  readonly depth: number;
  readonly oldestAgeMs: number | null;
  readonly deadLetters: number;
}

export interface WriteDamage {
  /**
   * `torn`: an end never acknowledged, after a crash. `damaged`: acknowledged writes cannot be
   * read.
   */
  readonly kind: 'torn' | 'damaged';
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
  /** What was lost and what to do, for people. */
  readonly message: string;
}

export interface DeadLetterQuery {
  /** The one with this id, if there is one. */
  readonly id?: string;
  readonly feature?: string;
  readonly limit?: number;
}

export interface DeadLetter {
  readonly id: string;
  readonly feature: string;
  readonly key: string;
  readonly body: Uint8Array;
  readonly acceptedAtMs: number;
  readonly attempts: number;
  readonly reason: string;
  readonly diedAtMs: number;
}

export interface RequeueChanges {
  /** How long it may wait from now on. */
  readonly forMs: number;
  /** Replaces the body when given. */
  readonly body?: Uint8Array;
}

/**
 * The right to replay. Every operation rejects with TurnoutError `writes-fenced` once a newer
 * holder has begun.
 */
export interface WriteDrain {
  /**
   * Claims the heads of keys, oldest first, at most `limit`: never two of one key at a time, never
   * one whose head is delayed. A claim that is not settled within `forMs` may be claimed again.
   * Expired writes become dead letters here.
   */
  claim(request: ClaimRequest): Promise<readonly ClaimedWrite[]>;
  /**
   * The write reached its service, which answered `outcome` (at most 64 KiB; kept for `find`, and
   * empty there where the disk was full).
   */
  acknowledge(claimed: ClaimedWrite, outcome?: Uint8Array): Promise<Settlement>;
  /** Not now: the key waits for at least `delayMs`. */
  delay(claimed: ClaimedWrite, delayMs: number): Promise<Settlement>;
  /**
   * Never: the write is set aside with the reason (at most 1 KiB), and its key goes on with the
   * next.
   */
  deadLetter(claimed: ClaimedWrite, reason: string): Promise<Settlement>;
  /** Gives the claims up. The lease stays the caller's to release. */
  close(): Promise<void>;
}

export interface ClaimRequest {
  readonly limit: number;
  readonly forMs: number;
  /** Only writes of these features; all when absent. */
  readonly features?: readonly string[];
}

export interface ClaimedWrite {
  readonly id: string;
  readonly feature: string;
  readonly key: string;
  readonly body: Uint8Array;
  readonly acceptedAtMs: number;
  readonly expiresAtMs: number;
  /** How often it has been claimed, this time included; survives crashes. */
  readonly attempts: number;
  /** Names this claim: it carries the fence. */
  readonly claim: string;
}

/**
 * `settled`: on disk. `claim-lost`: another holder or a later claim owns the write now, and this
 * answer did not count.
 */
export type Settlement = 'settled' | 'claim-lost';
