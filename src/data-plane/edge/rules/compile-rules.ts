import type { RuleStats } from '../../../contract/rule-reports.ts';
import { BANS_TABLE } from '../../../contract/tables.ts';
import type { EdgeConfiguration, EdgeRule } from '../../../derive/edge/edge-configuration.ts';
import { compileExpression } from '../../../lib/conditions/compile-expression.ts';
import type { Evaluate } from '../../../lib/conditions/evaluate.ts';
import type { Expression } from '../../../lib/conditions/expression.ts';
import { parseCondition } from '../../../lib/conditions/parse-condition.ts';
import { aboutHeaders } from '../../../lib/conditions/about-headers.ts';
import { SharedLooks } from '../../../lib/conditions/shared-looks.ts';
import { edgeLanguage } from '../../../lib/edge-language.ts';
import type { Randomness } from '../../../ports/randomness/port.ts';
import type { Answer } from '../../exchange.ts';
import type { ConfigurationFiles } from '../../kept-files.ts';
import type { TableViews } from '../tables/table-views.ts';
import { type Geography, openGeography } from './geography.ts';
import { requirementOf } from './requirement.ts';
import { deceptions, redirectAnswer, respondAnswer } from './rule-actions.ts';
import { RuleIndex } from './rule-index.ts';
import type { Remembered, RuleMemory } from './rule-memory.ts';
import type { TokenBuckets } from './token-buckets.ts';

/** The rules of a configuration, with nothing left to parse. */
export interface CompiledRules {
  readonly rules: readonly CompiledRule[];
  readonly index: RuleIndex<CompiledRule>;
  readonly geography: Geography;
  stats(): readonly RuleStats[];
}

export interface CompiledRule {
  readonly rule: EdgeRule;
  /** Among all the rules. */
  readonly position: number;
  readonly condition: Expression;
  /** Null for an error, which is taken for “does not hold”. */
  readonly holds: Evaluate;
  /** Milliseconds since the epoch; null for never. */
  readonly expiresMs: number | null;
  readonly action: CompiledAction;
  readonly memory: Remembered;
}

export type CompiledAction =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | {
      readonly kind: 'deceive';
      readonly draw: (randomness: Randomness) => Answer;
      readonly delayMs: number;
    }
  | {
      readonly kind: 'limit';
      readonly policy: Extract<EdgeRule['action'], { readonly kind: 'rate-limit' }>;
      /** Null for an error: who cannot be told apart is not held back. */
      readonly key: Evaluate<string>;
      readonly buckets: TokenBuckets;
    }
  | { readonly kind: 'hold'; readonly delayMs: number }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'skip-cache' }
  | { readonly kind: 'pass' };

/** What rules are compiled with besides their configuration. */
export interface RuleSurroundings {
  readonly files: ConfigurationFiles;
  readonly tables: TableViews;
  readonly memory: RuleMemory;
}

/** Null where there are none. Throws for what `turnout check` refuses, and for a missing file. */
export function compileRules(
  edge: EdgeConfiguration,
  { files, tables, memory }: RuleSurroundings,
): CompiledRules | null {
  if (edge.rules.length === 0) return null;
  const declared = edge.tables.filter(({ name }) => name !== BANS_TABLE);
  const language = edgeLanguage([...declared, { name: BANS_TABLE, kind: 'cidr' }]);
  const compile = (source: string, wanted: 'bool' | 'string') => {
    const parsed = parseCondition(language, source, wanted);
    if (parsed.ok) return parsed.expression;
    throw new Error(`the condition ${source} cannot be read: ${parsed.problem.message}`);
  };
  const looks = new SharedLooks();
  const evaluate = (expression: Expression) => compileExpression(expression, tables, looks);
  const filed = edge.rules.map((rule, position) => {
    const expression = compile(rule.when, 'bool');
    const remembered = memory.of(rule);
    const keyOf = (source: string): Evaluate<string> =>
      source === ADDRESS
        ? (view) => networkOf(view.address)
        : (evaluate(compile(source, 'string')) as Evaluate<string>);
    const compiled: CompiledRule = {
      rule,
      position,
      condition: expression,
      holds: evaluate(expression),
      expiresMs: rule.expires === null ? null : Date.parse(rule.expires),
      action: compileAction(rule, files, remembered, keyOf),
      memory: remembered,
    };
    const requirement = requirementOf(expression);
    const about = aboutHeaders(expression);
    return {
      rule: compiled,
      requirement,
      looks: requirement.looks?.map(evaluate) ?? null,
      aboutHeaders: about && evaluate(about),
    };
  });
  const rules = filed.map(({ rule }) => rule);
  return {
    rules,
    index: new RuleIndex(filed),
    geography: openGeography(edge, files),
    stats: () => rules.map(statsOf),
  };
}

function compileAction(
  { action }: EdgeRule,
  files: ConfigurationFiles,
  { buckets }: Remembered,
  keyOf: (source: string) => Evaluate<string>,
): CompiledAction {
  switch (action.kind) {
    case 'respond':
      return { kind: 'answer', answer: respondAnswer(action, files) };
    case 'redirect':
      return { kind: 'answer', answer: redirectAnswer(action) };
    case 'deceive':
      return { kind: 'deceive', draw: deceptions(action), delayMs: action.delayMs };
    case 'rate-limit':
      if (buckets === null) throw new Error('a rate limit has no buckets');
      return { kind: 'limit', policy: action, key: keyOf(action.key), buckets };
    case 'tarpit':
      return { kind: 'hold', delayMs: action.delayMs };
    case 'tag':
      return { kind: 'tag', tag: action.tag };
    case 'skip-cache':
      return { kind: 'skip-cache' };
    case 'pass':
      return { kind: 'pass' };
  }
}

const ADDRESS = 'client.address';

/** Of IPv6 the /64: whoever has one has all of its addresses. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail = ''] = address.split('::');
  const left = head.split(':');
  if (!address.includes('::')) return left.slice(0, 4).join(':');
  const right = tail === '' ? 0 : tail.split(':').length;
  const missing = Math.max(0, 8 - (head === '' ? 0 : left.length) - right);
  const groups = [
    ...(head === '' ? [] : left),
    ...Array.from({ length: missing }, () => '0'),
    ...tail.split(':'),
  ];
  return groups.slice(0, 4).join(':');
}

function statsOf({ rule, memory }: CompiledRule): RuleStats {
  const observations = memory.observations.slice();
  return { rule: rule.name, mode: rule.mode, ...memory.counters, observations };
}
