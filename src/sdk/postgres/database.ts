import type { JsonValue } from '../../lib/json.ts';

/** A database that the manifest names under `needs`, with as many servers as it has. */
export interface Database {
  /**
   * Rows that may be a moment old: from the first server that answers, in the order of the policy.
   * Runs in a read-only transaction. Throws NeedLostError for the need (`db`) when none answers in
   * time; what PostgreSQL says against the statement itself is thrown as it is.
   */
  read<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Rows as of now: from the primary alone. Throws NeedLostError for `db.primary`. */
  readLatest<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /**
   * One transaction on the primary, committed when `work` resolves and rolled back when it throws.
   * Throws NeedLostError for `db.primary`. It is never sent again once a statement of it was: after
   * a NeedLostError with `outcome` unknown it may have been committed.
   */
  write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /**
   * `write`, done once for a key however often it is asked: key, fingerprint of the request and
   * answer are stored in the same transaction. Without a key it is a plain `write`.
   */
  once<T extends JsonValue>(
    once: Once,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<OnceResult<T>>;
  /** What is possible now, as far as it is known. */
  mode(): DatabaseMode;
}

export interface Transaction {
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

export type DatabaseMode = 'read-write' | 'read-only' | 'lost';

export interface Once {
  /** The client's `Idempotency-Key`; null where it sent none. */
  readonly key: string | null;
  /** Keys of one feature do not meet those of another. */
  readonly feature: string;
  /** What was asked: a key that comes again with another request is refused. */
  readonly request: JsonValue;
}

export type OnceResult<T> =
  | { readonly kind: 'done'; readonly answer: T }
  /** It was done before, and this was the answer. */
  | { readonly kind: 'again'; readonly answer: T }
  | { readonly kind: 'key-reused' };
