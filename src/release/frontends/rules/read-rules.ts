import { readFile } from 'node:fs/promises';
import type { FrontendRules } from '../../../contract/frontend-rules.ts';
import { TurnoutError } from '../../../lib/errors.ts';
import type { FoundFile } from '../find-files.ts';
import { parseHeaders } from './parse-headers.ts';
import { parseRedirects } from './parse-redirects.ts';
import { rulesInvalid, type RulePlace, type RuleReading } from './rule-file.ts';

/** Files of the folder that say how the others are served, and are never served themselves. */
const REDIRECTS = '_redirects';
const HEADERS = '_headers';

const longestBytes = 1024 ** 2;

export interface ReadRules {
  /** Null for a folder that has none. */
  readonly rules: FrontendRules | null;
  /** What is to be published as files. */
  readonly files: readonly FoundFile[];
}

/**
 * Reads `_redirects` and `_headers` of a folder. What will never be of use is told to `warn`.
 * Rejects with TurnoutError `frontend-rules-invalid`, with every line that is wrong, or
 * `frontend-too-large`.
 */
export async function readRules(
  found: readonly FoundFile[],
  place: Omit<RulePlace, 'has'>,
  warn: (message: string) => void,
): Promise<ReadRules> {
  const files = found.filter(({ path }) => path !== REDIRECTS && path !== HEADERS);
  const paths = new Set(files.map(({ path }) => path));
  const whole: RulePlace = { ...place, has: (path) => paths.has(path) };
  const read = async <Rule>(
    name: string,
    parse: (text: string, place: RulePlace) => RuleReading<Rule>,
  ): Promise<readonly Rule[]> => {
    const file = found.find(({ path }) => path === name);
    if (file === undefined) return [];
    const { rules, problems, warnings } = parse(await readText(file, place.frontend), whole);
    if (problems.length > 0) throw rulesInvalid(place.frontend, name, problems);
    for (const { line, message, remedy } of warnings) {
      warn(`${place.frontend}: ${name}:${line}: ${message}; ${remedy}`);
    }
    return rules;
  };
  const redirects = await read(REDIRECTS, parseRedirects);
  const headers = await read(HEADERS, parseHeaders);
  const none = redirects.length === 0 && headers.length === 0;
  return { rules: none ? null : { redirects, headers }, files };
}

async function readText({ absolute, path, bytes }: FoundFile, frontend: string): Promise<string> {
  if (bytes <= longestBytes) return readFile(absolute, 'utf8');
  throw new TurnoutError(
    'frontend-too-large',
    `The frontend ${frontend} is too large to publish: ${path} has more than ${longestBytes / 1024 ** 2} MiB.`,
    'Put one rule with * in the place of many, or let a service answer.',
  );
}
