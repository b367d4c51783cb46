import { decodePath } from '../../../contract/frontend-paths.ts';
import type { FrontendHeaders } from '../../../contract/frontend-rules.ts';
import { compilePathPattern } from '../../../lib/path-pattern.ts';
import type { RulePlace, RuleProblem, RuleReading } from './rule-file.ts';

/** As Cloudflare Pages bounds them. */
const limits = { rules: 100, lineCharacters: 2_000 };

/** What follows from an answer's bytes or its connection, and what only Turnout may say. */
const ours = new Set([
  'accept-ranges',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'date',
  'etag',
  'keep-alive',
  'last-modified',
  'location',
  'server',
  'service-health',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
]);
const oursFamilies = /^(?:proxy|x-turnout)-/;

/**
 * Reads `_headers` (https://developers.cloudflare.com/pages/configuration/headers/): a path on a
 * line of its own, under it, indented, `Name: value` for what is added and `! Name` for what is
 * taken away. Every problem is told with its line.
 */
export function parseHeaders(text: string, place: RulePlace): RuleReading<FrontendHeaders> {
  const problems: RuleProblem[] = [];
  const rules: (FrontendHeaders & { readonly changes: [string, string | null][] })[] = [];
  for (const [index, written] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const content = written.trim();
    if (content === '' || content.startsWith('#')) continue;
    const isHeader = /^\s/.test(written);
    const rule = rules.at(-1);
    const fault =
      written.length > limits.lineCharacters
        ? tooLong(written.length)
        : isHeader && rule === undefined
          ? noPath(content)
          : isHeader
            ? addChange(content, rule?.changes ?? [])
            : pathFault(content, place);
    if (fault !== null) problems.push({ line, ...fault });
    if (!isHeader) rules.push({ line, path: decodePath(content) ?? '', changes: [] });
    if (rules.length > limits.rules) {
      problems.push({ line, ...tooMany() });
      break;
    }
  }
  const empty = rules.filter(
    ({ changes, line }) =>
      changes.length === 0 && !problems.some((problem) => problem.line >= line),
  );
  const warnings = empty.map(({ line, path }) => ({
    line,
    message: `no header stands under ${path}`,
    remedy: 'indent the lines that belong to it',
  }));
  return { rules: rules.filter(({ changes }) => changes.length > 0), problems, warnings };
}

type Fault = Omit<RuleProblem, 'line'>;

function pathFault(path: string, { prefix }: RulePlace): Fault | null {
  if (/^https?:\/\//i.test(path)) {
    return {
      message: `${path} names a host.`,
      remedy: 'Begin with /; `hosts` in site.yaml says under which names a frontend is served.',
    };
  }
  const decoded = decodePath(path);
  if (decoded === null || /[\s?#]/.test(path) || compilePathPattern(decoded) === null) {
    return {
      message: `${path} is no path.`,
      remedy: 'Begin with /, with one * at most, and indent the headers below it.',
    };
  }
  // `/*` reaches into every frontend; `/news/*` never into the one at `/donate`.
  const literal = decoded.split(/[*:]/, 1)[0] as string;
  if (`${prefix}/`.startsWith(literal) || literal.startsWith(prefix)) return null;
  return {
    message: `${path} lies outside ${prefix}, where this frontend is served.`,
    remedy: `Write whole paths, as browsers ask for them: ${prefix}${path}.`,
  };
}

function addChange(content: string, changes: [string, string | null][]): Fault | null {
  const taken = /^!\s*([\w!#$%&'*+.^`|~-]+)$/.exec(content);
  const added = /^([\w!#$%&'*+.^`|~-]+)\s*:\s*([\x20-\x7e\t]*)$/.exec(content);
  const name = (taken ?? added)?.[1]?.toLowerCase();
  if (name === undefined) {
    return {
      message: `${JSON.stringify(content)} is no header.`,
      remedy: 'Write `Name: value` in plain ASCII, or `! Name` to take one away.',
    };
  }
  if (ours.has(name) || oursFamilies.test(name)) {
    return {
      message: `${name} follows from the answer itself.`,
      remedy: 'Leave it out: it is sent where it belongs.',
    };
  }
  if (name === 'set-cookie') {
    return {
      message: 'a file that everyone is sent cannot set a cookie.',
      remedy: 'Let a service set it, on a route of its own.',
    };
  }
  if (taken !== null && (name === 'vary' || name === 'content-type')) {
    return {
      message: `${name} cannot be taken away: an answer without it is misread.`,
      remedy: 'Leave the line out.',
    };
  }
  changes.push([name, taken === null ? (added?.[2] ?? '').trim() : null]);
  return null;
}

function tooLong(characters: number): Fault {
  return {
    message: `the line has ${characters} characters.`,
    remedy: `At most ${limits.lineCharacters}.`,
  };
}

function noPath(content: string): Fault {
  return {
    message: `${JSON.stringify(content)} stands under no path.`,
    remedy: 'Put the path in front of it, on a line that is not indented.',
  };
}

function tooMany(): Fault {
  return {
    message: `there are more than ${limits.rules} paths.`,
    remedy: 'Put one with * in the place of many.',
  };
}
