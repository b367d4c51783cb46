import type { FrontendHeaders } from '../../../../contract/frontend-rules.ts';
import { compilePathPattern } from '../../../../lib/path-pattern.ts';

/** What `_headers` makes of an answer: by lower-case name the value, or null for none at all. */
export type HeaderChanges = ReadonlyMap<string, string | null>;

/** Two values of these joined by a comma mean nothing, so the last rule that names one counts. */
const single = new Set([
  'access-control-allow-origin',
  'cache-control',
  'content-disposition',
  'content-type',
  'expires',
  'strict-transport-security',
  'x-frame-options',
]);

const noChanges: HeaderChanges = new Map();

/** More different sets of rules than a site has; beyond it they are put together anew. */
const rememberedSets = 256;

export interface HeaderRules {
  /** What holds for a decoded path; the same object for the same rules. */
  changesAt(path: string): HeaderChanges;
}

/** All rules that match add up in the order written. */
export function compileHeaders(rules: readonly FrontendHeaders[]): HeaderRules {
  const compiled = rules.flatMap(({ path, changes }) => {
    const pattern = compilePathPattern(path);
    return pattern === null ? [] : [{ pattern, changes }];
  });
  const sets = new Map<string, HeaderChanges>();
  if (compiled.length === 0) return { changesAt: () => noChanges };
  return {
    changesAt: (path) => {
      const matching = compiled.filter(({ pattern }) => pattern.match(path) !== null);
      if (matching.length === 0) return noChanges;
      const key = matching.map((rule) => compiled.indexOf(rule)).join();
      const known = sets.get(key);
      if (known !== undefined) return known;
      const changes = addUp(matching.flatMap((rule) => rule.changes));
      if (sets.size >= rememberedSets) sets.clear();
      sets.set(key, changes);
      return changes;
    },
  };
}

function addUp(changes: FrontendHeaders['changes']): HeaderChanges {
  const sum = new Map<string, string | null>();
  for (const [name, value] of changes) {
    const before = sum.get(name);
    const joins = value !== null && typeof before === 'string' && !single.has(name);
    sum.set(name, joins ? `${before}, ${value}` : value);
  }
  return sum;
}
