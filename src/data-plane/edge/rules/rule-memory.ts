import type { Observation } from '../../../contract/rule-reports.ts';
import type { EdgeRule } from '../../../derive/edge/edge-configuration.ts';
import { TokenBuckets } from './token-buckets.ts';

/** What a rule did in this worker since the worker started. */
export interface RuleCounters {
  /** Requests that its condition held for. */
  hits: number;
  /** Of those, the ones on which it did nothing because it only observes. */
  observed: number;
  /** Requests on which its condition failed, such as for a header that was not there. */
  errors: number;
  /** Requests held back by its rate limit. */
  limited: number;
}

/** What stays of a rule when its configuration changes. */
export interface Remembered {
  readonly counters: RuleCounters;
  readonly observations: Observation[];
  readonly buckets: TokenBuckets | null;
}

const MAX_OBSERVATIONS = 50;
const LONGEST_PATH = 200;

/**
 * What the rules of a worker have counted and whom they hold back, by the name of the rule: a new
 * configuration neither resets a counter nor lets go of anybody whose rule stays as it was.
 */
export class RuleMemory {
  readonly #known = new Map<string, Remembered & { readonly limit: string }>();

  of({ name, action }: EdgeRule): Remembered {
    const limit = action.kind === 'rate-limit' ? JSON.stringify(action) : '';
    const before = this.#known.get(name);
    if (before !== undefined && before.limit === limit) return before;
    const made = {
      limit,
      counters: before?.counters ?? { hits: 0, observed: 0, errors: 0, limited: 0 },
      observations: before?.observations ?? [],
      buckets: action.kind === 'rate-limit' ? new TokenBuckets(action) : null,
    };
    this.#known.set(name, made);
    return made;
  }

  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#known.keys()) if (!names.has(name)) this.#known.delete(name);
  }
}

/** Keeps it, and as many before it as there is room for. */
export function observe(observations: Observation[], observation: Observation): void {
  if (observations.length >= MAX_OBSERVATIONS) observations.shift();
  observations.push({ ...observation, path: observation.path.slice(0, LONGEST_PATH) });
}
