import type { CompiledRule } from '../../data-plane/edge/rules/compile-rules.ts';
import { describeAction } from '../../data-plane/edge/rules/rule-actions.ts';
import { compileExpression } from '../../lib/conditions/compile-expression.ts';
import type { Value } from '../../lib/conditions/evaluate.ts';
import type { Expression } from '../../lib/conditions/expression.ts';
import { partsOf } from '../../lib/conditions/fold-expression.ts';
import type { GivenRequest, Trial } from './try-request.ts';

/** One rule, and what becomes of it for a request. */
export interface RuleExplanation {
  readonly rule: string;
  readonly mode: 'enforce' | 'observe';
  readonly outcome: 'hits' | 'does not hit' | 'fails' | 'has expired' | 'is not reached';
  readonly does: string;
  /** The parts of its condition with their values; what is read from the request under each. */
  readonly why: readonly Part[];
}

export interface Part {
  readonly depth: number;
  readonly source: string;
  /** As JSON would write it; `error` for CEL's. */
  readonly value: string;
}

/** Why each rule hits or does not. Those that were not reached are computed all the same. */
export function explainTrial(trial: Trial, { nowMs }: GivenRequest): readonly RuleExplanation[] {
  const isBanned = trial.answer?.by === 'bans';
  const last = trial.hits.at(-1);
  // Of those that hit, an answer or a pass ends it; nothing else does.
  const isEnd = last !== undefined && (trial.answer !== null || endsHere(last));
  const end = isBanned ? -1 : isEnd ? trial.rules.indexOf(last) : trial.rules.length;
  return trial.rules.map((rule, index): RuleExplanation => {
    const { name, mode } = rule.rule;
    const why = partsUnder(rule.condition, trial, 0);
    const outcome = index > end ? 'is not reached' : outcomeOf(rule, trial, nowMs);
    return { rule: name, mode, outcome, does: describeAction(rule.rule), why };
  });
}

function endsHere({ rule, action }: CompiledRule): boolean {
  return rule.mode === 'enforce' && action.kind === 'pass';
}

function outcomeOf(rule: CompiledRule, trial: Trial, nowMs: number): RuleExplanation['outcome'] {
  if (rule.expiresMs !== null && rule.expiresMs <= nowMs) return 'has expired';
  const holds = rule.holds(trial.view);
  if (holds === null) return 'fails';
  return holds === true ? 'hits' : 'does not hit';
}

function partsUnder(expression: Expression, trial: Trial, depth: number): readonly Part[] {
  const own: Part = { depth, source: expression.source, value: valueOf(expression, trial) };
  const { kind } = expression;
  const isLogic = kind === 'and' || kind === 'or' || kind === 'not' || kind === 'choice';
  const under = isLogic
    ? partsOf(expression).flatMap((part) => chainOf(part, kind))
    : inputsOf(expression);
  return [own, ...under.flatMap((part) => partsUnder(part, trial, depth + 1))];
}

/** The members of `a && b && c` are shown side by side. */
function chainOf(expression: Expression, kind: Expression['kind']): readonly Expression[] {
  const isChain = (kind === 'and' || kind === 'or') && expression.kind === kind;
  return isChain ? partsOf(expression).flatMap((part) => chainOf(part, kind)) : [expression];
}

/** What an expression reads from the request, itself left out; never a whole map or table. */
function inputsOf(expression: Expression): readonly Expression[] {
  return partsOf(expression).flatMap((part) => {
    if (part.type === 'map' || part.type === 'addresses' || part.kind === 'constant') return [];
    return part.kind === 'field' || part.kind === 'at' ? [part] : inputsOf(part);
  });
}

function valueOf(expression: Expression, { tables, view }: Trial): string {
  return shown(compileExpression(expression, tables)(view));
}

function shown(value: Value | null): string {
  if (value === null) return 'error';
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'object' ? 'a table' : JSON.stringify(value);
}
