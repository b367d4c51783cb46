import type { DeriveProblem } from './result.ts';

/** Problems as text for people, an empty line between two; the same wherever they are shown. */
export function renderDeriveProblems(problems: readonly DeriveProblem[]): string {
  return problems
    .map(
      ({ code, place, message, remedy }) =>
        `error ${code}: ${message}\n  at ${place}\n  remedy: ${remedy}`,
    )
    .join('\n\n');
}
