import {
  fieldsOf,
  notAnObject,
  readEmail,
  readName,
  type Checked,
  type FieldProblem,
} from '../../shared/field-problem.ts';

/** A gift as a supporter sends it, after every field was looked at. */
export type NewDonation = {
  readonly amountCents: number;
  readonly currency: 'USD';
  readonly name: string;
  readonly email: string;
  /** Shown on the leader board only when the supporter said so. */
  readonly public: boolean;
};

const LEAST_CENTS = 100;
/** The legal ceiling for one person in this race. */
const MOST_CENTS = 330_000;

/** Reads a donation out of untrusted JSON; says everything that is wrong with it at once. */
export function readDonation(json: unknown): Checked<NewDonation> {
  const body = fieldsOf(json);
  if (body === null) return { kind: 'invalid', problems: [notAnObject] };
  const problems: FieldProblem[] = [];
  const amountCents = readAmount(body['amount'], problems);
  if (body['currency'] !== 'USD') {
    problems.push({ field: 'currency', message: 'Gifts are in USD.' });
  }
  const name = readName(body['name'], problems);
  const email = readEmail(body['email'], 'We need an email address for your receipt.', problems);
  if (problems.length > 0) return { kind: 'invalid', problems };
  const isPublic = body['public'] === true;
  return { kind: 'valid', value: { amountCents, currency: 'USD', name, email, public: isPublic } };
}

function readAmount(given: unknown, problems: FieldProblem[]): number {
  if (typeof given !== 'number' || !Number.isInteger(given)) {
    problems.push({ field: 'amount', message: 'Give the amount in whole cents.' });
    return 0;
  }
  if (given < LEAST_CENTS || given > MOST_CENTS) {
    problems.push({ field: 'amount', message: 'We can take from $1 to $3,300 from one person.' });
  }
  return given;
}
