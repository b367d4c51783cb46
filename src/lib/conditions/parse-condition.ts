import type { Environment } from '@marcbachmann/cel-js';
import type { Expression } from './expression.ts';
import { type CelNode, readExpression, Unsupported } from './read-expression.ts';

export type ParsedCondition =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly problem: ConditionProblem };

export interface ConditionProblem {
  readonly message: string;
  /** What to write instead; null where the message says all. */
  readonly remedy: string | null;
  /** Where in the source; null where it is all of it. */
  readonly range: { readonly start: number; readonly end: number } | null;
}

/** Reads CEL that gives a truth value, or text, by the language of an edge (`edgeLanguage`). */
export function parseCondition(
  language: Environment,
  source: string,
  wanted: 'bool' | 'string',
): ParsedCondition {
  const checked = language.check(source);
  if (!checked.valid) {
    const range = checked.error?.range ?? null;
    return refuse(`${checked.error?.summary ?? 'It cannot be read'}.`, null, range);
  }
  if (checked.type !== wanted && checked.type !== 'dyn') {
    return refuse(`It gives ${checked.type ?? 'something else'}, not ${wanted}.`, null, null);
  }
  try {
    const parsed = language.parse(source);
    // Leaves the type of each node on it.
    parsed.check();
    // The parser's own types name each kind of node; here one shape serves all.
    const expression = readExpression(parsed.ast as unknown as CelNode, source);
    const type = wanted === 'bool' ? 'bool' : 'text';
    if (expression.type === type) return { ok: true, expression };
    return refuse(`It gives ${expression.type}, not ${wanted}.`, null, null);
  } catch (error) {
    if (error instanceof Unsupported) return refuse(error.message, error.remedy, error.range);
    throw error;
  }
}

function refuse(
  message: string,
  remedy: string | null,
  range: ConditionProblem['range'],
): ParsedCondition {
  return { ok: false, problem: { message, remedy, range } };
}
