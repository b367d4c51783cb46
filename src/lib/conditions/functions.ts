import type { FunctionName } from './expression.ts';
import type { ExpressionType } from './request-view.ts';

/** What a function of conditions takes and gives, and what it does. Null is CEL's error. */
interface ConditionFunction {
  readonly takes: readonly ExpressionType[];
  readonly argument: ExpressionType | null;
  readonly gives: ExpressionType;
  readonly run: (of: never, argument: string) => boolean | string | bigint | null;
}

const MAX_INT = 9_223_372_036_854_775_807n;
const MIN_INT = -9_223_372_036_854_775_808n;

export const functions = {
  startsWith: textTo('bool', (text, start) => text.startsWith(start)),
  endsWith: textTo('bool', (text, end) => text.endsWith(end)),
  contains: textTo('bool', (text, part) => text.includes(part)),
  indexOf: textTo('int', (text, part) => BigInt(text.indexOf(part))),
  size: {
    takes: ['text', 'map'],
    argument: null,
    gives: 'int',
    run: (of: string | ReadonlyMap<string, string>) =>
      BigInt(typeof of === 'string' ? codePoints(of) : of.size),
  },
  lowerAscii: textAlone('text', (text) => text.replaceAll(/[A-Z]+/g, (s) => s.toLowerCase())),
  upperAscii: textAlone('text', (text) => text.replaceAll(/[a-z]+/g, (s) => s.toUpperCase())),
  trim: textAlone('text', (text) => text.trim()),
  int: {
    takes: ['text', 'int', 'double'],
    argument: null,
    gives: 'int',
    run: (of: string | bigint | number) => toInt(of),
  },
  string: {
    takes: ['text', 'int', 'bool'],
    argument: null,
    gives: 'text',
    run: (of: string | bigint | boolean) => String(of),
  },
} as const satisfies Record<FunctionName, ConditionFunction>;

export function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(functions, name);
}

/** The value where it has 64 bits, else CEL's error. */
export function inRange(value: bigint): bigint | null {
  return value > MAX_INT || value < MIN_INT ? null : value;
}

function textTo<Gives extends 'bool' | 'int', Result extends boolean | bigint>(
  gives: Gives,
  run: (text: string, argument: string) => Result,
) {
  return { takes: ['text'], argument: 'text', gives, run } as const;
}

function textAlone<Gives extends 'text'>(gives: Gives, run: (text: string) => string) {
  return { takes: ['text'], argument: null, gives, run } as const;
}

function toInt(of: string | bigint | number): bigint | null {
  if (typeof of === 'bigint') return of;
  if (typeof of === 'number') {
    return Number.isFinite(of) ? inRange(BigInt(Math.trunc(of))) : null;
  }
  return of.length <= 20 && /^[+-]?\d+$/.test(of) ? inRange(BigInt(of)) : null;
}

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    const isPair =
      (text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800;
    if (isPair) count--;
  }
  return count;
}
