import { userInfo } from 'node:os';
import { TurnoutError } from '../lib/errors.ts';

/** As the journal names who used a command: `cli:ada`. */
export function person(): string {
  try {
    return `cli:${userInfo().username}`;
  } catch {
    // A container may run under a number that no account has.
    return 'cli';
  }
}

const longestWhy = 1_000;

/** The reason given by `--why`; null for none. Throws TurnoutError `option-invalid`. */
export function reasonOf({ why }: { readonly why?: string }): string | null {
  const text = why?.trim() ?? '';
  if (text.length > longestWhy) {
    throw new TurnoutError(
      'option-invalid',
      `The reason has ${text.length} letters.`,
      `Say it in at most ${longestWhy}, and put the rest where it can be read at leisure.`,
    );
  }
  return text === '' ? null : text;
}

/** The query of an API call with the reason given by `--why`, where there is one. */
export function withReason(
  query: URLSearchParams,
  options: { readonly why?: string },
): URLSearchParams {
  const why = reasonOf(options);
  if (why !== null) query.set('why', why);
  return query;
}
