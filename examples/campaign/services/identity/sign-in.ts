import {
  fieldsOf,
  notAnObject,
  readEmail,
  type Checked,
  type FieldProblem,
} from '../../shared/field-problem.ts';

export interface SignIn {
  readonly email: string;
  readonly password: string;
}

export interface PasswordChange {
  readonly current: string;
  readonly next: string;
}

const SHORTEST = 10;
/** Long enough for any phrase, and short enough to be hashed without a second thought. */
const LONGEST = 200;

export function readSignIn(json: unknown): Checked<SignIn> {
  const body = fieldsOf(json);
  if (body === null) return { kind: 'invalid', problems: [notAnObject] };
  const problems: FieldProblem[] = [];
  const email = readEmail(body['email'], 'Enter the email address of your account.', problems);
  const password = textOf(body['password']);
  if (password === '' || password.length > LONGEST) {
    problems.push({ field: 'password', message: 'Enter your password.' });
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'valid', value: { email, password } };
}

export function readPasswordChange(json: unknown): Checked<PasswordChange> {
  const body = fieldsOf(json);
  if (body === null) return { kind: 'invalid', problems: [notAnObject] };
  const problems: FieldProblem[] = [];
  const current = textOf(body['current']);
  const next = textOf(body['next']);
  if (current === '' || current.length > LONGEST) {
    problems.push({ field: 'current', message: 'Enter your present password.' });
  }
  if (next.length < SHORTEST || next.length > LONGEST) {
    const message = `A password has ${SHORTEST} to ${LONGEST} characters. A phrase is fine.`;
    problems.push({ field: 'next', message });
  } else if (next === current) {
    problems.push({ field: 'next', message: 'That is the password you have.' });
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'valid', value: { current, next } };
}

function textOf(given: unknown): string {
  return typeof given === 'string' ? given : '';
}
