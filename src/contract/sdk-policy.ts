/**
 * What an instance is told of its needs beside where they are: `TURNOUT_POLICY`, as JSON. Derived
 * from the manifest (`derive/policies`), so that no service repeats it in code.
 */
export type SdkPolicy = {
  readonly version: 1;
  /** The path at which this service is asked for its health. */
  readonly health: string;
  readonly needs: readonly SdkNeedPolicy[];
};

export type SdkNeedPolicy = {
  readonly need: string;
  readonly kind: 'postgres' | 'http' | 'feature';
  /** Longest wait for an answer. */
  readonly timeoutMs: number;
  /** Most calls at a time from this instance; connections to each server of a database. */
  readonly inFlight: number;
  /**
   * The order in which the servers of a database are asked for what may be a moment old; empty for
   * other needs.
   */
  readonly reads: readonly ('replica' | 'primary')[];
  /** The site stands in front of it, and says so where it could not be had. */
  readonly isProxied?: true;
};
