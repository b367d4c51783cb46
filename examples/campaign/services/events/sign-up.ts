import {
  fieldsOf,
  notAnObject,
  readEmail,
  readName,
  type Checked,
  type FieldProblem,
} from '../../shared/field-problem.ts';
import type { Event } from './event.ts';

/** Who wants to come. */
export type NewSignUp = { readonly name: string; readonly email: string };

export type SignUp = NewSignUp & {
  /** Unguessable: whoever has it may see the sign-up and cancel it. */
  readonly id: string;
  readonly event: Event;
  readonly createdAt: string;
};

export function readSignUp(json: unknown): Checked<NewSignUp> {
  const body = fieldsOf(json);
  if (body === null) return { kind: 'invalid', problems: [notAnObject] };
  const problems: FieldProblem[] = [];
  const name = readName(body['name'], problems);
  const message = 'We need an email address, to tell you when something changes.';
  const email = readEmail(body['email'], message, problems);
  if (problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'valid', value: { name, email } };
}
