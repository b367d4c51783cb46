import {
  redirectStatuses,
  type FrontendRedirect,
  type RedirectStatus,
} from '../../../contract/frontend-rules.ts';
import { decodePath } from '../../../contract/frontend-paths.ts';
import { compilePathPattern } from '../../../lib/path-pattern.ts';
import { checkRedirects } from './check-redirects.ts';
import { liesWithin, type RulePlace, type RuleProblem, type RuleReading } from './rule-file.ts';

/** As Cloudflare Pages bounds them; a rule with a placeholder, `*` or parameters is dynamic. */
const limits = { plain: 2_000, dynamic: 100, lineCharacters: 1_000 };

/** Netlify's default. */
const defaultStatus: RedirectStatus = 301;

/**
 * Reads `_redirects` (https://docs.netlify.com/routing/redirects/): on each line `from`, any
 * `parameter=value`, `to`, and a status with `!` where it counts although a file stands there.
 * Every problem is told with its line.
 */
export function parseRedirects(text: string, place: RulePlace): RuleReading<FrontendRedirect> {
  const problems: RuleProblem[] = [];
  const rules: FrontendRedirect[] = [];
  let dynamic = 0;
  for (const [index, written] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const words = wordsOf(written);
    if (words.length === 0) continue;
    const read = readRule(line, words, written.length, place);
    if ('message' in read) {
      problems.push(read);
      continue;
    }
    rules.push(read);
    if (isDynamic(read)) dynamic += 1;
    if (dynamic > limits.dynamic || rules.length - dynamic > limits.plain) {
      problems.push(tooMany(line));
      break;
    }
  }
  const checked = checkRedirects(rules, place);
  return {
    rules,
    problems: [...problems, ...checked.problems].sort((a, b) => a.line - b.line),
    warnings: checked.warnings,
  };
}

function wordsOf(line: string): readonly string[] {
  const words = line
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  const comment = words.findIndex((word) => word.startsWith('#'));
  return comment === -1 ? words : words.slice(0, comment);
}

function isDynamic({ from, query }: FrontendRedirect): boolean {
  return compilePathPattern(from)?.literal === null || Object.keys(query).length > 0;
}

function readRule(
  line: number,
  words: readonly string[],
  characters: number,
  place: RulePlace,
): FrontendRedirect | RuleProblem {
  const problem = (message: string, remedy: string): RuleProblem => ({ line, message, remedy });
  if (characters > limits.lineCharacters) {
    return problem(`the line has ${characters} characters.`, `At most ${limits.lineCharacters}.`);
  }
  const [from = '', ...rest] = words;
  const target = rest.findIndex((word) => word.startsWith('/') || /^https?:\/\//i.test(word));
  const to = rest[target];
  if (to === undefined) {
    return problem(`${from} leads nowhere.`, 'Write where to: /old /new 301.');
  }
  const source = readFrom(from, place);
  if (typeof source !== 'string') return { line, ...source };
  const parameters = rest.slice(0, target);
  const odd = parameters.find((word) => !parameter.test(word));
  if (odd !== undefined) {
    return problem(`${odd} is no parameter.`, 'Write /store id=:id /blog/:id 301.');
  }
  const [code = String(defaultStatus), ...more] = rest.slice(target + 1);
  const status = redirectStatuses.find((each) => code === `${each}` || code === `${each}!`);
  if (status === undefined) {
    return problem(
      `${code} is no status that a redirect can have.`,
      `Write one of ${redirectStatuses.join(', ')}, with ! behind it to force it.`,
    );
  }
  if (more.length > 0) {
    return problem(
      `${more.join(' ')} behind the status is not understood.`,
      'Conditions on country, language, role and cookie are no part of this; edge.yaml has rules.',
    );
  }
  const query = readQuery(parameters);
  return { line, from: source, query, to, status, force: code.endsWith('!') };
}

type Fault = Omit<RuleProblem, 'line'>;

function readFrom(from: string, { prefix }: RulePlace): string | Fault {
  if (/^https?:\/\//i.test(from)) {
    return {
      message: `${from} names a host.`,
      remedy: 'Begin with /; `hosts` in site.yaml says under which names a frontend is served.',
    };
  }
  const decoded = decodePath(from);
  const pattern = decoded === null ? null : compilePathPattern(decoded);
  const star = from.indexOf('*');
  if (decoded === null || pattern === null || /[?#]/.test(from)) {
    return {
      message: `${from} is no path.`,
      remedy:
        'Begin with /, name each placeholder once, and write parameters apart: /store id=:id.',
    };
  }
  if (star !== -1 && (star !== from.length - 1 || !from.endsWith('/*'))) {
    return { message: `${from} has a * that is not its end.`, remedy: 'End it with /*.' };
  }
  if (!liesWithin(prefix, decoded)) {
    return {
      message: `${from} lies outside ${prefix}, where this frontend is served.`,
      remedy: `Write whole paths, as browsers ask for them: ${prefix}${from}.`,
    };
  }
  return decoded;
}

/** A name, and a value or `:name` for any. */
const parameter = /^([^=:]+)=(.+)$/;

function readQuery(words: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    words.map((word) => {
      const [, name = '', value = ''] = parameter.exec(word) ?? [];
      return [name, value];
    }),
  );
}

function tooMany(line: number): RuleProblem {
  return {
    line,
    message: `there are more than ${limits.plain} plain redirects or ${limits.dynamic} with placeholders, * or parameters.`,
    remedy: 'Put one with * in the place of many, or let a service answer.',
  };
}
