/**
 * How the workers share out a limit that holds for the whole site, such as the requests of a
 * feature in flight: `shares/<feature>`. Each writes its own share, by compare-and-set.
 */
export const SHARES_PREFIX = 'shares/';

/** `type`, not `interface`: a type alias is assignable to JsonValue. */
export type SharesRecord = { readonly shares: readonly WorkerShare[] };

export type WorkerShare = {
  readonly worker: string;
  /** What it may have at a time. */
  readonly share: number;
  /** What it would have had at a time of late, had it been allowed to. */
  readonly wants: number;
  /** Milliseconds since the epoch: from then on the share is free again, unless it is renewed. */
  readonly untilMs: number;
};
