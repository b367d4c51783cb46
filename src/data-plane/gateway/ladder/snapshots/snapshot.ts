/** The newest good answer to an address, as the site itself got it. */
export interface Snapshot {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** When it was known to be so, in milliseconds since the epoch. */
  readonly atMs: number;
}

/** Snapshots that stand in for the file of a `static` rung. */
export interface Snapshots {
  /** Of a path of the feature; null where there is none. */
  find(feature: string, path: string): Snapshot | null;
}
