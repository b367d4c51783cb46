import type { Problem } from './problem.ts';

export interface RenderOptions {
  /** ANSI colours, for a terminal that wants them. */
  readonly colour: boolean;
}

/** All problems as people read them, with a count at the end; empty text when there are none. */
export function renderProblems(problems: readonly Problem[], options: RenderOptions): string {
  if (problems.length === 0) return '';
  const parts = problems.map((problem) => renderProblem(problem, options));
  return `${parts.join('\n')}\n${countProblems(problems)}\n`;
}

/** `2 errors and 1 warning`. */
export function countProblems(problems: readonly Problem[]): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const counts = [count(errors, 'error'), count(problems.length - errors, 'warning')];
  return counts.filter((text) => text !== '').join(' and ') || 'no problems';
}

function count(number: number, noun: string): string {
  if (number === 0) return '';
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function renderProblem(problem: Problem, { colour }: RenderOptions): string {
  const paint = (code: string, text: string) => (colour ? `\u001B[${code}m${text}\u001B[0m` : text);
  const tone = problem.severity === 'error' ? '31' : '33';
  const lines = [
    `${paint(`1;${tone}`, `${problem.severity} ${problem.code}`)}: ${problem.message}`,
    `  at ${placeText(problem)}${problem.path === '' ? '' : ` in ${problem.path}`}`,
    ...indent(problem.excerpt, (text) => paint(tone, text)),
  ];
  for (const other of problem.also) {
    lines.push(`  ${other.what}, at ${placeText(other)}`);
    lines.push(...indent(other.excerpt, (text) => paint('36', text)));
  }
  if (problem.expected !== null) lines.push(`  expected: ${problem.expected}`);
  lines.push(`  remedy: ${problem.remedy}`, '');
  return lines.join('\n');
}

function placeText(place: { file: string; line: number; column: number }): string {
  return `${place.file}:${place.line}:${place.column}`;
}

/** The carets, in the last line, are what the eye should find. */
function indent(excerpt: string, paint: (text: string) => string): readonly string[] {
  return excerpt
    .split('\n')
    .map((line, index) => `    ${index === 0 ? line : line.replace(/\^+$/, paint)}`);
}
