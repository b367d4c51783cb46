/** Where each worker tells what its rules did: `rule-reports/<worker>`. */
export const RULE_REPORTS_PREFIX = 'rule-reports/';

/** `type`, not `interface`: a type alias is assignable to JsonValue. */
export type RuleReport = {
  readonly worker: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly rules: readonly RuleStats[];
  /** Left out by a worker of before, and where edge.yaml has no `auto-ban`. */
  readonly autoBan?: AutoBanStats;
};

/** Whom one worker banned by itself, or would have, since it started. */
export type AutoBanStats = {
  readonly mode: 'enforce' | 'observe';
  /** Clients that went over a limit. */
  readonly over: number;
  /** Of these, those who were put into the table of bans. */
  readonly banned: number;
  /** The last few. */
  readonly samples: readonly AutoBanSample[];
};

export type AutoBanSample = {
  readonly network: string;
  readonly limit: string;
  readonly count: number;
  readonly atMs: number;
};

/** What a rule did in one worker since that worker started. */
export type RuleStats = {
  readonly rule: string;
  readonly mode: 'enforce' | 'observe';
  /** Requests that its condition held for. */
  readonly hits: number;
  /** Of those, the ones on which it did nothing because it only observes. */
  readonly observed: number;
  /** Requests on which its condition failed, such as for a header that was not there. */
  readonly errors: number;
  /** Requests held back by its rate limit, or that would have been. */
  readonly limited: number;
  /** The newest of what it would have done, oldest first. */
  readonly observations: readonly Observation[];
};

/** What an observing rule would have done. */
export type Observation = {
  readonly atMs: number;
  /** The id in `X-Request-Id`. */
  readonly request: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly address: string;
  /** In a few words: `respond 403`. */
  readonly would: string;
};
