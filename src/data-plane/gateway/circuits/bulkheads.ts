import type { Policies } from '../../../derive/policies/policies.ts';
import { Bulkhead } from './bulkhead.ts';

/** A limit that holds for the whole site, of which this worker has a share. */
export interface SharedLimit {
  readonly feature: string;
  /** Of the whole site. */
  readonly limit: number;
  /** Its own limit is this worker's share. */
  readonly bulkhead: Bulkhead;
}

/** Before a worker has got its share, it lets one through at a time. */
export const UNSHARED = 1;

/** The bulkheads of the features that have a limit of their own; they outlive configurations. */
export class Bulkheads {
  readonly #all = new Map<string, SharedLimit>();

  /** That of a feature, made where it is new. */
  get(feature: string, limit: number): Bulkhead {
    const found = this.#all.get(feature);
    if (found !== undefined) return found.bulkhead;
    const bulkhead = new Bulkhead(Math.min(UNSHARED, limit));
    this.#all.set(feature, { feature, limit, bulkhead });
    return bulkhead;
  }

  /** Takes the limits of the configuration that is in force now, and forgets those it has not. */
  use({ features }: Policies): void {
    const limits = new Map(features.map(({ feature, inFlight }) => [feature, inFlight ?? null]));
    for (const [feature, shared] of this.#all) {
      const limit = limits.get(feature) ?? null;
      if (limit === null) this.#all.delete(feature);
      else this.#all.set(feature, { ...shared, limit });
    }
  }

  list(): readonly SharedLimit[] {
    return [...this.#all.values()];
  }
}
