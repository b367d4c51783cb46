import {
  fieldsOf,
  notAnObject,
  type Checked,
  type FieldProblem,
} from '../../shared/field-problem.ts';
import { isUuid } from '../../shared/uuid.ts';

/** How a call can end. The first four are people who were reached. */
export const outcomes = [
  'supports',
  'leans',
  'undecided',
  'opposes',
  'no-answer',
  'wrong-number',
  'do-not-call',
] as const;

export type Outcome = (typeof outcomes)[number];

export const reached: readonly Outcome[] = ['supports', 'leans', 'undecided', 'opposes'];
export const supporters: readonly Outcome[] = ['supports', 'leans'];

/** A call that was made. The claim says by whom and to whom. */
export type NewCall = {
  readonly claim: string;
  readonly outcome: Outcome;
  readonly note: string;
};

const LONGEST_NOTE = 500;
/** Line breaks and tabs may be in a note; other controls may not. */
const CONTROLS = /[^\P{Cc}\n\t]/u;

export function readCall(json: unknown): Checked<NewCall> {
  const body = fieldsOf(json);
  if (body === null) return { kind: 'invalid', problems: [notAnObject] };
  const problems: FieldProblem[] = [];
  const claim = body['claim'];
  const outcome = outcomes.find((known) => known === body['outcome']);
  const note = body['note'] ?? '';
  if (!isUuid(claim)) {
    problems.push({
      field: 'claim',
      message: 'Say which call it was: ask for the next one first.',
    });
  }
  if (outcome === undefined) {
    problems.push({ field: 'outcome', message: 'Say how the call ended.' });
  }
  if (typeof note !== 'string' || note.length > LONGEST_NOTE || CONTROLS.test(note)) {
    const message = `A note is plain text of ${LONGEST_NOTE} characters at most.`;
    problems.push({ field: 'note', message });
  }
  if (!isUuid(claim) || outcome === undefined || problems.length > 0) {
    return { kind: 'invalid', problems };
  }
  return { kind: 'valid', value: { claim, outcome, note: String(note).trim() } };
}
