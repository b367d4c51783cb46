import type { ProblemCode } from '../../problems.ts';

/** Why a request is turned away, and what to tell the client. */
export interface Refusal {
  readonly problem: ProblemCode;
  readonly detail: string;
}

export function refuse(problem: ProblemCode, detail: string): Refusal {
  return { problem, detail };
}
