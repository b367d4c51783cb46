import { TurnoutError } from '../../../lib/errors.ts';

/** What reading a rule file depends on besides its text. */
export interface RulePlace {
  readonly frontend: string;
  /** Path prefix at which the frontend is served. */
  readonly prefix: string;
  /** File that the manifest has served for paths that match none, and its page with 404. */
  readonly fallback: string | null;
  readonly notFound: string | null;
  /** Whether the release holds this file, by its path in the folder. */
  readonly has: (path: string) => boolean;
}

export interface RuleProblem {
  readonly line: number;
  readonly message: string;
  readonly remedy: string;
}

/** What a rule file says, and what of it will never be of use. */
export interface RuleReading<Rule> {
  readonly rules: readonly Rule[];
  readonly problems: readonly RuleProblem[];
  readonly warnings: readonly RuleProblem[];
}

/** More would only scroll the first away. */
const shownProblems = 10;

/** The refusal of a folder for what its `_redirects` or `_headers` says. */
export function rulesInvalid(
  frontend: string,
  file: string,
  problems: readonly RuleProblem[],
): TurnoutError {
  const shown = problems.slice(0, shownProblems);
  const more = problems.length - shown.length;
  const lines = shown.map(({ line, message }) => `${file}:${line}: ${message}`);
  const remedies = shown.map(({ line, remedy }) =>
    shown.length === 1 ? remedy : `${file}:${line}: ${remedy}`,
  );
  return new TurnoutError(
    'frontend-rules-invalid',
    `The frontend ${frontend} cannot be published:\n${[...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n')}`,
    remedies.join('\n'),
  );
}

/** Whether a whole path is the prefix of a frontend or lies below it. */
export function liesWithin(prefix: string, path: string): boolean {
  return prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
}
