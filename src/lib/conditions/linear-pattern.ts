import { RE2JS } from 're2js';

/** A pattern that takes time in proportion to the text, whatever both are (RE2). */
export interface LinearPattern {
  readonly source: string;
  /** Whether it is found anywhere in the text. */
  test(text: string): boolean;
}

const MAX_PATTERN_LENGTH = 1_000;
/** Instructions of the compiled pattern: the factor of that proportion. */
const MAX_PROGRAM = 2_000;

export type PatternOutcome =
  | { readonly ok: true; readonly pattern: LinearPattern }
  | { readonly ok: false; readonly why: string };

/** Compiles a pattern in RE2's syntax, which CEL's `matches` has, or says why it cannot be. */
export function linearPattern(source: string): PatternOutcome {
  if (source.length > MAX_PATTERN_LENGTH) return refuse('It is too long.');
  try {
    const compiled = RE2JS.compile(source);
    if (compiled.programSize() > MAX_PROGRAM) return refuse('It counts too far, or is too long.');
    return { ok: true, pattern: { source, test: (text) => compiled.test(text) } };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refuse(`${why.replace('error parsing regexp: ', '')}.`);
  }
}

function refuse(why: string): PatternOutcome {
  return { ok: false, why };
}
