import type { FrontendRedirect, RedirectStatus } from '../../../../contract/frontend-rules.ts';
import { compilePathPattern, withoutSlash } from '../../../../lib/path-pattern.ts';
import { compileTarget, type Target } from './redirect-target.ts';

/** Redirects of one release, ready to be looked up. */
export interface Redirects {
  readonly isEmpty: boolean;
  /** The first that holds for a decoded path and the query as received; null for none. */
  find(path: string, query: string | null): Followed | null;
}

export interface Followed {
  readonly status: RedirectStatus;
  /** For 200 and 404 the decoded path of a file, else a `Location`. */
  readonly to: string;
}

interface Rule {
  /** Place in the file: the first that matches counts, whichever way it was found. */
  readonly place: number;
  readonly status: RedirectStatus;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly target: Target;
  match(path: string): Readonly<Record<string, string>> | null;
}

/**
 * Compiles those that are forced, or those that are not. Plain ones are found by their path at the
 * same cost however many there are; the hundred at most with placeholders are tried in order.
 */
export function compileRedirects(
  redirects: readonly FrontendRedirect[],
  force: boolean,
): Redirects {
  const plain = new Map<string, Rule>();
  const dynamic: Rule[] = [];
  for (const [place, redirect] of redirects.entries()) {
    if (redirect.force !== force) continue;
    const pattern = compilePathPattern(redirect.from);
    // Checked when it was published; one that a newer Turnout wrote is left out, not guessed.
    if (pattern === null) continue;
    const { status, to } = redirect;
    const query = Object.entries(redirect.query);
    const rule: Rule = { place, status, query, target: compileTarget(to), match: pattern.match };
    if (pattern.literal === null || query.length > 0) dynamic.push(rule);
    else if (!plain.has(pattern.literal)) plain.set(pattern.literal, rule);
  }
  return {
    isEmpty: plain.size === 0 && dynamic.length === 0,
    find: (path, query) => {
      const found = plain.get(withoutSlash(path));
      for (const rule of dynamic) {
        if (found !== undefined && rule.place > found.place) break;
        const followed = follow(rule, path, query);
        if (followed !== null) return followed;
      }
      return found === undefined ? null : follow(found, path, query);
    },
  };
}

function follow(rule: Rule, path: string, query: string | null): Followed | null {
  const { status, target } = rule;
  const inPath = rule.match(path);
  if (inPath === null) return null;
  const inQuery = matchQuery(rule, query);
  if (inQuery === null) return null;
  const values = { ...inPath, ...inQuery };
  if (status === 200 || status === 404) return { status, to: target.path(values) };
  const consumed = new Set(rule.query.map(([name]) => name));
  const to = target.location(values, query, consumed);
  return to === null ? null : { status, to };
}

const none: Readonly<Record<string, string>> = {};

/** What the parameters of a rule stand for; null where one is missing or another. */
function matchQuery(
  { query: wanted }: Rule,
  query: string | null,
): Readonly<Record<string, string>> | null {
  if (wanted.length === 0) return none;
  const given = new URLSearchParams(query ?? '');
  const values: Record<string, string> = {};
  for (const [name, value] of wanted) {
    const found = given.get(name);
    if (found === null) return null;
    if (value.startsWith(':')) values[value.slice(1)] = found;
    else if (value !== found) return null;
  }
  return values;
}
