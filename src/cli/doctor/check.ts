import type { SiteSettings } from '../../contract/site-settings.ts';
import type { StateFolder } from '../../contract/state-folder.ts';
import type { Model } from '../../manifest/model.ts';

/** `warning` is worth knowing before a busy day; `wrong` keeps the site, or will, from working. */
export type Verdict = 'well' | 'warning' | 'wrong';

export interface Finding {
  readonly verdict: Verdict;
  /** What was found, with its number. */
  readonly found: string;
  /** What to do; null when there is nothing to do. */
  readonly remedy: string | null;
}

/** What a check may look at. Nothing is changed by any. */
export interface Patient {
  /** Where the state lies or is to lie. */
  readonly root: string;
  /** Null while there is no state of ours there. */
  readonly folder: StateFolder | null;
  readonly settings: SiteSettings | null;
  readonly siteDirectory: string | null;
  /** Null without a site, or while its manifests are refused. */
  readonly model: Model | null;
  readonly nowMs: number;
}

export interface Check {
  readonly name: string;
  /** Nothing found is as good as one `well`. */
  readonly look: (patient: Patient) => Promise<readonly Finding[]> | readonly Finding[];
}

export function well(found: string): Finding {
  return { verdict: 'well', found, remedy: null };
}

export function warning(found: string, remedy: string): Finding {
  return { verdict: 'warning', found, remedy };
}

export function wrong(found: string, remedy: string): Finding {
  return { verdict: 'wrong', found, remedy };
}
