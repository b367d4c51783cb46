import type { Manifests } from '../manifests.ts';
import type { Model } from '../model.ts';
import type { ProblemList } from '../problems/problem-list.ts';
import type { Reader } from '../reader.ts';

/**
 * One question put to a whole site. A check looks at values in force (`content`), finds their
 * places in `manifests`, and says nothing about values that `problems` already holds to be wrong.
 */
export type Check = (site: CheckedSite) => void | Promise<void>;

export interface CheckedSite {
  readonly manifests: Manifests;
  readonly content: Omit<Model, 'digest'>;
  readonly reader: Reader;
  readonly problems: ProblemList;
}
