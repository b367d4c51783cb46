/**
 * Named secrets. A value is read when an instance starts and is never written to a release, log or
 * the journal.
 */
export interface Secrets {
  get(name: string): Promise<string | null>;
  list(): Promise<readonly string[]>;
  /**
   * The value of that name; where there is none, `make` is asked for one and it is kept. Of several
   * processes that ask at once all get the same. Rejects with `secrets-read-only` where there is
   * none and none can be kept.
   */
  obtain(name: string, make: () => string): Promise<string>;
  /** Rejects with TurnoutError `secrets-read-only` where the adapter cannot write (environment). */
  set(name: string, value: string): Promise<void>;
  delete(name: string): Promise<boolean>;
}
