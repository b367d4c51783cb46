import { parseDictionary } from 'structured-headers';

/** How long one can say: longer is this (RFC 9111 1.2.2). */
const MOST_SECONDS = 2 ** 31;

/** What `Cache-Control`, or a field that stands in its place, says. Names are in lower case. */
export interface Directives {
  has(name: string): boolean;
  /** Its seconds in milliseconds; null when it is not there, 0 when what it says is no number. */
  ms(name: string): number | null;
  /** The header names it is about, in lower case; null when it is not there or about all. */
  fields(name: string): readonly string[] | null;
}

type Argument = string | true | 'malformed';

/**
 * One directive at a time: a name, and perhaps a value as it is or in quotes. Each alternative
 * begins with another character, so that no input takes longer than its length.
 */
const directive =
  /([\w!#$%&'*+.^`|~-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~-]+)))?[\t ]*(?:,|$)/y;

/**
 * Reads `Cache-Control` (RFC 9111 5.2), all lines of it as one. The first of several that
 * contradict each other counts (4.2.1); what cannot be read is no reason to keep anything longer.
 */
export function readCacheControl(text: string): Directives {
  const found = new Map<string, Argument>();
  for (let at = 0; ; at = directive.lastIndex) {
    while (' \t,'.includes(text[at] ?? 'end')) at++;
    if (at === text.length) break;
    directive.lastIndex = at;
    const match = directive.exec(text);
    if (match !== null) {
      const [, name = '', quoted, plain] = match;
      note(found, name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? true);
      continue;
    }
    const end = text.indexOf(',', at);
    const piece = text.slice(at, end === -1 ? undefined : end);
    const name = /^[\t ]*([\w-]+)/.exec(piece)?.[1];
    if (name !== undefined) note(found, name.toLowerCase(), 'malformed');
    directive.lastIndex = end === -1 ? text.length : end + 1;
  }
  return new ReadDirectives(found);
}

function note(found: Map<string, Argument>, name: string, argument: Argument): void {
  const before = found.get(name);
  if (before === undefined) found.set(name, argument);
  // Said once about some headers and once about all, it is about all.
  else if (argument === true && (name === 'no-cache' || name === 'private')) found.set(name, true);
}

/**
 * Reads `CDN-Cache-Control` (RFC 9213), a dictionary of structured fields; null when it is empty or
 * malformed, and so to be ignored.
 */
export function readTargetedControl(text: string): Directives | null {
  try {
    const found = new Map<string, Argument>();
    for (const [name, [value]] of parseDictionary(text)) {
      // `no-store=?0` is as good as not there.
      if (value === false) continue;
      found.set(name, argumentOf(value));
    }
    return found.size === 0 ? null : new ReadDirectives(found);
  } catch {
    return null;
  }
}

function argumentOf(value: unknown): Argument {
  if (value === true) return true;
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : 'malformed';
  // Durations are integers there: `max-age="60"` says nothing.
  return typeof value === 'string' && !/^\d*$/.test(value) ? value : 'malformed';
}

class ReadDirectives implements Directives {
  readonly #found: ReadonlyMap<string, Argument>;

  constructor(found: ReadonlyMap<string, Argument>) {
    this.#found = found;
  }

  has(name: string): boolean {
    return this.#found.has(name);
  }

  ms(name: string): number | null {
    const argument = this.#found.get(name);
    if (argument === undefined) return null;
    if (argument === true || !/^\d+$/.test(argument)) return 0;
    return Math.min(Number(argument), MOST_SECONDS) * 1_000;
  }

  fields(name: string): readonly string[] | null {
    const argument = this.#found.get(name);
    if (argument === undefined || argument === true || argument === 'malformed') return null;
    return argument
      .split(',')
      .map((field) => field.trim().toLowerCase())
      .filter((field) => field !== '');
  }
}
