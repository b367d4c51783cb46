import type { JsonValue } from '../../lib/json.ts';

/**
 * Small shared state: key-value with revisions, compare-and-set, leases and watches, seen by every
 * process of a site.
 *
 * Keys are `/`-separated lower-case words. A value is at most 1 MiB of JSON; larger things are
 * blobs and the value names their digest. Revisions are positive, grow with every change of any
 * key, and are never used twice, not even after a delete. Each operation rejects with a
 * TurnoutError `state-unavailable` when the store cannot be reached in time.
 */
export interface State {
  get(key: string): Promise<StateEntry | null>;
  put(key: string, value: JsonValue): Promise<number>;
  /** Writes only when the key's revision is `expectedRevision`; 0 means the key must not exist. */
  compareAndSet(
    key: string,
    value: JsonValue,
    expectedRevision: number,
  ): Promise<CompareAndSetResult>;
  /** Deletes the key; true when it was there (and, if given, had that revision). */
  delete(key: string, expectedRevision?: number): Promise<boolean>;
  /** Every entry whose key starts with `prefix`, ordered by key. */
  list(prefix: string): Promise<readonly StateEntry[]>;
  /**
   * Takes the named lease when it is free, has expired, or is this holder's own (a restarted
   * process need not wait for its former self); null when another holds it. Time is the wall clock
   * of the store's machine; it may be set, so an expiry is a hint for liveness, and only the fence
   * keeps a late holder out.
   */
  lease(name: string, holder: string, ttlMs: number): Promise<Lease | null>;
  /**
   * Calls `listener` with every present entry under `prefix`, resolves, then calls it with each
   * later change in order of revision. Of several quick changes to one key only the last need be
   * seen. Nothing is missed.
   */
  watch(prefix: string, listener: (change: StateChange) => void): Promise<Watch>;
  close(): Promise<void>;
}

export interface StateEntry {
  readonly key: string;
  readonly value: JsonValue;
  readonly revision: number;
}

export type StateChange =
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly value: JsonValue;
      readonly revision: number;
    }
  | { readonly kind: 'delete'; readonly key: string; readonly revision: number };

export type CompareAndSetResult =
  | { readonly kind: 'written'; readonly revision: number }
  | { readonly kind: 'conflict'; readonly current: StateEntry | null };

/**
 * A lease with a fence: a number that grows with every new holder, for others to refuse a late one
 * by.
 */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly fence: number;
  /** Prolongs by `ttlMs` from now; false when it was lost. */
  renew(ttlMs: number): Promise<boolean>;
  /** Frees it for others at once; harmless when it was lost. */
  release(): Promise<void>;
}

export interface Watch {
  close(): void;
}
