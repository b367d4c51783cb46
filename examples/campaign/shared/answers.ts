import { problem } from 'turnout/sdk';
import type { FieldProblem } from './field-problem.ts';

/** The answer to a form with problems: all of them at once, so that nobody has to guess twice. */
export function invalid(problems: readonly FieldProblem[]): Response {
  const detail = problems.map(({ message }) => message).join(' ');
  return problem(422, 'Please look at this again', detail, { problems });
}

/** The answer to an Idempotency-Key that came with another request before. */
export function keyReused(what: string): Response {
  const detail = `This Idempotency-Key came with another ${what} before. Use a new key.`;
  return problem(422, `Key used for another ${what}`, detail);
}

/** The answer to who is not signed in and has to be. */
export function signInFirst(): Response {
  return problem(401, 'Sign in first', 'This is for volunteers who are signed in.');
}

export function notFound(detail: string): Response {
  return problem(404, 'Not found', detail);
}

/** Headers of an answer that is the same for everybody, and may be this old. */
export function sharedFor(seconds: number): Readonly<Record<string, string>> {
  return { 'cache-control': `public, max-age=${seconds}` };
}
