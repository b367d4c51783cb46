import type { Expression } from './expression.ts';
import { partsOf } from './fold-expression.ts';

/**
 * What a condition says of the headers of a request and of nothing else: those of its parts, joined
 * by &&, that look at headers alone. Where it is false, so is the condition; null where there is no
 * such part. What it gives is the same for every request with the same headers.
 */
export function aboutHeaders(condition: Expression): Expression | null {
  if (condition.kind !== 'and') return isAboutHeaders(condition) ? condition : null;
  const left = aboutHeaders(condition.left);
  const right = aboutHeaders(condition.right);
  return left !== null && right !== null ? { ...condition, left, right } : (left ?? right);
}

function isAboutHeaders(expression: Expression): boolean {
  switch (expression.kind) {
    case 'field':
      return expression.field === 'request.headers';
    case 'table':
      return false;
    default:
      return partsOf(expression).every(isAboutHeaders);
  }
}
