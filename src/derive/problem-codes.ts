import type { CodeExplanation } from '../manifest/problems/codes.ts';

const error = (explanation: string): CodeExplanation => ({ severity: 'error', explanation });

/** Every reason for which a derivation refuses a Model; docs/reference/errors.md explains each. */
export const deriveProblemCodes = {
  'environment-name-taken': error(
    'Two needs, secrets or settings of a service, or one and Turnout, would set one variable.',
  ),
  'never-delivered': error(
    'A secret or setting of a service that Turnout does not run and so can hand nothing to.',
  ),
  'never-run': error('A command or job of a service that Turnout does not run.'),
  'secret-made-twice': error('Two services let one secret be generated, in different ways.'),
} as const satisfies Record<string, CodeExplanation>;

export type DeriveProblemCode = keyof typeof deriveProblemCodes;
