import type { Compile, Evaluate } from './evaluate.ts';
import type { ExpressionOf } from './expression.ts';
import { inRange } from './functions.ts';

export function compileNegation(inner: Evaluate): Evaluate {
  return (view) => {
    const value = inner(view);
    if (value === null) return null;
    return typeof value === 'bigint' ? inRange(-value) : -Number(value);
  };
}

export function compileArithmetic(expression: ExpressionOf<'arithmetic'>, of: Compile): Evaluate {
  const left = of(expression.left);
  const right = of(expression.right);
  const { operator, type } = expression;
  const compute = type === 'int' ? wholeArithmetic[operator] : null;
  return (view) => {
    const a = left(view);
    const b = right(view);
    if (a === null || b === null) return null;
    if (compute !== null) return compute(a as bigint, b as bigint);
    if (type === 'text') return (a as string) + (b as string);
    return doubleArithmetic(operator, a as number, b as number);
  };
}

const wholeArithmetic = {
  '+': (a: bigint, b: bigint) => inRange(a + b),
  '-': (a: bigint, b: bigint) => inRange(a - b),
  '*': (a: bigint, b: bigint) => inRange(a * b),
  '/': (a: bigint, b: bigint) => (b === 0n ? null : inRange(a / b)),
  '%': (a: bigint, b: bigint) => (b === 0n ? null : a % b),
} as const;

function doubleArithmetic(operator: string, a: number, b: number): number {
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  return operator === '*' ? a * b : a / b;
}
