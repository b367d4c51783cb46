import { compileExpression } from './compile-expression.ts';
import type { Expression, Scalar } from './expression.ts';

/**
 * The same expression with what needs no request computed. A part that gives CEL's error stays as
 * it is: the error belongs to the request that meets it.
 */
export function fold(expression: Expression): Expression {
  const { kind } = expression;
  if (kind === 'and' || kind === 'or') return foldLogic(expression, kind === 'and');
  if (kind === 'choice') {
    const { condition, held, otherwise } = expression;
    if (condition.kind !== 'constant') return expression;
    return condition.value === true ? held : otherwise;
  }
  if (kind === 'constant' || kind === 'field' || kind === 'table' || kind === 'list') {
    return expression;
  }
  if (!partsOf(expression).every(({ kind }) => kind === 'constant')) return expression;
  const value = compileExpression(expression, noTables)(noRequest);
  return value === null ? expression : constant(expression, value as Scalar);
}

/** `true && x` is x and `x && true` is x, errors included; `x && false` is false whatever x is. */
function foldLogic(
  expression: Expression & { readonly left: Expression; readonly right: Expression },
  neutral: boolean,
): Expression {
  const { left, right } = expression;
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    if (one.kind !== 'constant') continue;
    return one.value === neutral ? other : constant(expression, !neutral);
  }
  return expression;
}

function constant({ type, source }: Expression, value: Scalar): Expression {
  return { kind: 'constant', type, source, value };
}

/** The parts that an expression is computed from, in the order they stand. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'constant':
    case 'field':
    case 'table':
      return [];
    case 'list':
      return expression.items;
    case 'not':
    case 'negate':
    case 'matches':
      return [expression.of];
    case 'choice':
      return [expression.condition, expression.held, expression.otherwise];
    case 'in':
      // A list is looked into as a whole.
      return [
        expression.key,
        ...(expression.of.kind === 'list' ? expression.of.items : [expression.of]),
      ];
    case 'at':
      return [expression.of, expression.key];
    case 'call':
      return expression.argument === null ? [expression.of] : [expression.of, expression.argument];
    default:
      return [expression.left, expression.right];
  }
}

const noTables = { get: () => undefined };

/** Nothing that is folded looks at it. */
const noRequest = {
  method: '',
  host: '',
  path: '',
  query: new Map<string, string>(),
  headers: new Map<string, string>(),
  header: () => undefined,
  cookies: new Map<string, string>(),
  bodyBytes: 0n,
  address: '',
  country: '',
  asNumber: 0n,
  asName: '',
  trustedHop: false,
};
