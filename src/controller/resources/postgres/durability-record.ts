/** What is known of where acknowledged commits are, beside the primary. */
export type DurabilityRecord =
  | { readonly kind: 'async' }
  /** `sync` is wanted and was not reached yet. */
  | { readonly kind: 'pending' }
  /** Every commit that was ever acknowledged is on at least one of these. */
  | { readonly kind: 'sync'; readonly quorum: readonly string[]; readonly at: string }
  /**
   * All that was acknowledged before `at`, up to `lsn`, was on a replica; nothing is said of more.
   */
  | { readonly kind: 'dropped'; readonly lsn: string; readonly at: string };
