/** What the site itself got of features with a `static` rung: `snapshots/<name>`. */
export const SNAPSHOTS_PREFIX = 'snapshots/';

/** `type`, not `interface`: a type alias is assignable to JsonValue. */
export type SnapshotRecord = {
  /** `donations.totals`. */
  readonly feature: string;
  /** The path that was asked for, as clients ask for it. */
  readonly path: string;
  /** Of the answer, without its length. */
  readonly headers: readonly string[];
  /** Digest of the body among the blobs. */
  readonly body: string;
  /** When it was known to be so, in milliseconds since the epoch. */
  readonly atMs: number;
  /** Of the lease under which it was written: a holder that is late replaces nothing newer. */
  readonly fence: number;
};
