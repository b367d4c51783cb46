import type { FrontendRedirect } from '../../../contract/frontend-rules.ts';
import { decodePath, fileAt } from '../../../contract/frontend-paths.ts';
import { compilePathPattern, withoutSlash } from '../../../lib/path-pattern.ts';
import type { RulePlace, RuleProblem } from './rule-file.ts';

const placeholder = /:([A-Za-z]\w*)/g;

/** Browsers take what comes next for the host, whatever it is. */
const hostless = /^https?:\/\/(?:[/\\?#]|$)|^\/[/\\]/i;

/** What only shows when a redirect is held against the others and the files of the release. */
export function checkRedirects(
  rules: readonly FrontendRedirect[],
  place: RulePlace,
): { readonly problems: readonly RuleProblem[]; readonly warnings: readonly RuleProblem[] } {
  const each = rules.flatMap((rule) => targetProblem(rule, place) ?? conflict(rule, place) ?? []);
  return {
    problems: [...each, ...rules.flatMap((rule) => circle(rule, rules, place) ?? [])],
    warnings: rules.flatMap((rule) => neverApplies(rule, place) ?? []),
  };
}

function targetProblem(rule: FrontendRedirect, place: RulePlace): RuleProblem | null {
  const { line, to, status } = rule;
  const problem = (message: string, remedy: string): RuleProblem => ({ line, message, remedy });
  const known = namesOf(rule);
  const used = [...to.matchAll(placeholder)].map(([, name]) => name as string);
  const [authority = ''] = /^https?:\/\/[^/?#]*/i.exec(to) ?? [];
  if (used.some((name) => authority.includes(`:${name}`))) {
    return problem(`${to} lets whoever asks say which host.`, 'Write the host out.');
  }
  const foreign = used.find((name) => !known.includes(name));
  if (foreign !== undefined) {
    return problem(
      `:${foreign} stands in ${to} and not in ${rule.from}.`,
      known.length === 0 ? 'Name it in the first path.' : `There are :${known.join(', :')}.`,
    );
  }
  const isFile = status === 200 || status === 404;
  if (!isFile) {
    const example = to.replaceAll(placeholder, 'x');
    if (!hostless.test(to) && URL.canParse(example, 'http://site')) return null;
    return problem(`${to} is no address.`, 'Write a path of the site, or a whole URL.');
  }
  if (!to.startsWith('/') || to.startsWith('//') || /[?#]/.test(to)) {
    return problem(
      `with ${status} a file of the frontend is shown, and ${to} is none.`,
      'Name one by its path; what a service shall answer is a route of its service.yaml.',
    );
  }
  if (used.length > 0 || stands(to, place)) return null;
  return problem(`no file stands at ${to}.`, 'Name one that is in the folder.');
}

/** Two places that say what a path without a file is answered with. */
function conflict(rule: FrontendRedirect, place: RulePlace): RuleProblem | null {
  const { line, from, status, force, query } = rule;
  const all = place.prefix === '/' ? '/*' : `${place.prefix}/*`;
  if (from !== all || force || Object.keys(query).length > 0) return null;
  const [key, file] = status === 404 ? ['not-found', place.notFound] : ['fallback', place.fallback];
  if (file === null || (status !== 404 && status !== 200)) return null;
  return {
    line,
    message: `${from} ${rule.to} ${status} and \`${key}: ${file}\` of site.yaml both say what a path without a file gets.`,
    remedy: `Take out one of them.`,
  };
}

/** A browser that is sent from place to place gives up, and shows nothing. */
function circle(
  rule: FrontendRedirect,
  rules: readonly FrontendRedirect[],
  place: RulePlace,
): RuleProblem | null {
  if (rule.status < 300 || rule.status === 404) return null;
  if (rule.to === rule.from) return inCircle(rule, [rule.line]);
  let at = plainPath(rule.to);
  const lines = [rule.line];
  while (at !== null && lines.length <= 10) {
    const path = at;
    const next = rules.find((each) => follows(each, path, place));
    if (next === undefined || next.status < 300 || next.status === 404) return null;
    // Told once, at the first line of it; what only leads into a circle is not in it.
    if (next === rule) return Math.min(...lines) === rule.line ? inCircle(rule, lines) : null;
    if (lines.includes(next.line)) return null;
    lines.push(next.line);
    at = plainPath(next.to);
  }
  return null;
}

function follows(rule: FrontendRedirect, path: string, place: RulePlace): boolean {
  if (Object.keys(rule.query).length > 0) return false;
  if (!rule.force && stands(path, place)) return false;
  return (compilePathPattern(rule.from)?.match(path) ?? null) !== null;
}

function inCircle(rule: FrontendRedirect, lines: readonly number[]): RuleProblem {
  return {
    line: rule.line,
    message:
      lines.length === 1
        ? `${rule.from} leads to itself.`
        : `${rule.from} leads back to itself by lines ${lines.slice(1).join(', ')}.`,
    remedy: 'Lead to where a file stands.',
  };
}

function neverApplies(rule: FrontendRedirect, place: RulePlace): RuleProblem | null {
  const { from, line, force, status } = rule;
  const literal = compilePathPattern(from)?.literal ?? null;
  if (force || literal === null || !stands(literal, place)) return null;
  return {
    line,
    message: `a file stands at ${from}, so this is never followed`,
    remedy: `write ${status}! to have it all the same`,
  };
}

function namesOf({ from, query }: FrontendRedirect): readonly string[] {
  const inQuery = Object.values(query).flatMap(
    (value) => /^:([A-Za-z]\w*)$/.exec(value)?.[1] ?? [],
  );
  return [...(compilePathPattern(from)?.names ?? []), ...inQuery];
}

/** A path of the site without anything to be filled in; null for all else. */
function plainPath(to: string): string | null {
  if (!to.startsWith('/') || /:[A-Za-z]/.test(to)) return null;
  return decodePath(to.split(/[?#]/, 1)[0] as string);
}

function stands(path: string, { prefix, has }: RulePlace): boolean {
  const decoded = decodePath(path);
  if (decoded === null) return false;
  const below =
    prefix === '/' ? decoded : decoded.startsWith(prefix) ? decoded.slice(prefix.length) : null;
  if (below === null) return false;
  return (
    fileAt(has, below).kind !== 'nothing' || fileAt(has, withoutSlash(below)).kind !== 'nothing'
  );
}
