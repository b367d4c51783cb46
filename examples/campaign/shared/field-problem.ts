/** What is wrong with one field of a form, in words for whoever filled it in. */
export interface FieldProblem {
  /** The name of the field in the request; empty for the request as a whole. */
  readonly field: string;
  readonly message: string;
}

export type Checked<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[] };

const EMAIL = /^[^\s@]{1,64}@[^\s@.]+(?:\.[^\s@.]+)+$/;
const LONGEST_EMAIL = 254;
const LONGEST_NAME = 100;

/** The body's fields; null for what is no JSON object. */
export function fieldsOf(json: unknown): Readonly<Record<string, unknown>> | null {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
  return json as Readonly<Record<string, unknown>>;
}

export const notAnObject: FieldProblem = { field: '', message: 'Send a JSON object.' };

/** A name as people write it, trimmed; adds to `problems` and returns '' where there is none. */
export function readName(given: unknown, problems: FieldProblem[]): string {
  const name = typeof given === 'string' ? given.trim() : '';
  if (name.length > 0 && name.length <= LONGEST_NAME && !hasControls(name)) return name;
  problems.push({
    field: 'name',
    message: `Tell us your name, in ${LONGEST_NAME} characters at most.`,
  });
  return '';
}

/** An address in lower case; adds `message` to `problems` and returns '' where there is none. */
export function readEmail(given: unknown, message: string, problems: FieldProblem[]): string {
  const email = typeof given === 'string' ? given.trim().toLowerCase() : '';
  if (email.length <= LONGEST_EMAIL && EMAIL.test(email) && !hasControls(email)) return email;
  problems.push({ field: 'email', message });
  return '';
}

/** PostgreSQL takes no NUL in text, and no other control belongs into a line that is shown. */
export function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text);
}
