/**
 * An expected failure that a person must act on: a stable code, what happened, and what to do about
 * it.
 *
 * Expected failures inside a module are values; this is what the edges of the program (CLI, API,
 * start-up) throw and print. Codes are kebab-case, unique, and listed in docs/reference/errors.md
 * (a test compares).
 */
export class TurnoutError extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TurnoutError';
    this.code = code;
    this.remedy = remedy;
  }
}
