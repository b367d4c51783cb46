import type { AddressList } from '../edge-language.ts';
import { interned } from '../interned.ts';
import { compileArithmetic, compileNegation } from './compile-numbers.ts';
import type { Compile, ConditionTables, Evaluate, Value } from './evaluate.ts';
import type { Expression, ExpressionOf, Scalar } from './expression.ts';
import { functions } from './functions.ts';
import { requestFields } from './request-view.ts';
import { lookOf, type SharedLooks } from './shared-looks.ts';

/**
 * An expression as a closure that allocates nothing: what is known ahead is chosen here, once, and
 * not at each request. Looks into tables are made once for all that are compiled with the same
 * `looks`. Throws where a table is not there.
 */
export function compileExpression(
  expression: Expression,
  tables: ConditionTables,
  looks: SharedLooks | null = null,
): Evaluate {
  const of = (part: Expression): Evaluate => compileExpression(part, tables, looks);
  switch (expression.kind) {
    case 'constant': {
      const { value } = expression;
      return () => value;
    }
    case 'field':
      return compileField(expression);
    case 'table': {
      const table = tables.get(expression.table);
      if (table === undefined) throw new Error(`there is no table ${expression.table}`);
      return () => table;
    }
    case 'not':
      return compileNot(of(expression.of));
    case 'negate':
      return compileNegation(of(expression.of));
    case 'and':
      return compileAnd(of(expression.left), of(expression.right));
    case 'or':
      return compileOr(of(expression.left), of(expression.right));
    case 'choice':
      return compileChoice(expression, of);
    case 'equal':
    case 'unequal':
      return shared(expression, looks, () => compileEqual(expression, of));
    case 'compare':
      return compileComparison(expression, of);
    case 'arithmetic':
      return compileArithmetic(expression, of);
    case 'in':
      return shared(expression, looks, () => compileMembership(expression, of));
    case 'at':
      return compileAt(expression, of);
    case 'matches':
      return compileMatches(expression, of);
    case 'call':
      return compileCall(expression, of);
    case 'list':
      throw new Error('a list is looked into, never computed');
  }
}

function shared(
  expression: Expression,
  looks: SharedLooks | null,
  compile: () => Evaluate,
): Evaluate {
  const look = looks === null ? null : lookOf(expression);
  return look === null || looks === null ? compile() : looks.of(look, compile);
}

function compileField({ field }: ExpressionOf<'field'>): Evaluate {
  const [name] = requestFields[field];
  // Each reads one property, so that each is a fast one.
  switch (name) {
    case 'method':
      return (view) => view.method;
    case 'host':
      return (view) => view.host;
    case 'path':
      return (view) => view.path;
    case 'headers':
      return (view) => view.headers;
    case 'address':
      return (view) => view.address;
    case 'country':
      return (view) => view.country;
    default:
      return (view) => view[name];
  }
}

function compileNot(inner: Evaluate): Evaluate {
  return (view) => {
    const value = inner(view);
    return value === null ? null : value === false;
  };
}

function compileChoice(expression: ExpressionOf<'choice'>, of: Compile): Evaluate {
  const condition = of(expression.condition);
  const held = of(expression.held);
  const otherwise = of(expression.otherwise);
  return (view) => {
    const value = condition(view);
    return value === null ? null : value === true ? held(view) : otherwise(view);
  };
}

/** The name of a header that is written out, as names of headers are; null for anything else. */
function headerNamed(map: Expression, key: Expression): string | null {
  const isNamed = map.kind === 'field' && map.field === 'request.headers';
  return isNamed && key.kind === 'constant' ? interned(String(key.value)) : null;
}

function compileAt(expression: ExpressionOf<'at'>, of: Compile): Evaluate {
  const header = headerNamed(expression.of, expression.key);
  if (header !== null) return (view) => view.header(header) ?? null;
  const map = of(expression.of) as Evaluate<ReadonlyMap<string, string>>;
  const key = of(expression.key) as Evaluate<string>;
  return (view) => {
    const name = key(view);
    return name === null ? null : (map(view)?.get(name) ?? null);
  };
}

function compileMatches({ of: on, pattern }: ExpressionOf<'matches'>, of: Compile): Evaluate {
  const text = of(on) as Evaluate<string>;
  return (view) => {
    const value = text(view);
    return value === null ? null : pattern.test(value);
  };
}

/** False wins over an error, whichever side it is on (CEL: commutative logic). */
function compileAnd(left: Evaluate, right: Evaluate): Evaluate {
  return (view) => {
    const first = left(view);
    if (first === false) return false;
    const second = right(view);
    if (second === false) return false;
    return first === null || second === null ? null : true;
  };
}

/** True wins over an error, whichever side it is on. */
function compileOr(left: Evaluate, right: Evaluate): Evaluate {
  return (view) => {
    const first = left(view);
    if (first === true) return true;
    const second = right(view);
    if (second === true) return true;
    return first === null || second === null ? null : false;
  };
}

function compileEqual(
  { kind, left, right }: ExpressionOf<'equal' | 'unequal'>,
  of: Compile,
): Evaluate {
  const holds = kind === 'equal';
  const [one, other] = left.kind === 'constant' ? [right, left] : [left, right];
  const first = of(one);
  if (other.kind === 'constant') {
    const wanted = other.value;
    return (view) => {
      const value = first(view);
      return value === null ? null : (value === wanted) === holds;
    };
  }
  const second = of(other);
  return (view) => {
    const value = first(view);
    const against = second(view);
    return value === null || against === null ? null : (value === against) === holds;
  };
}

/** Text compares by code unit, numbers of both kinds with each other. */
function compileComparison({ operator, ...sides }: ExpressionOf<'compare'>, of: Compile): Evaluate {
  const left = of(sides.left) as Evaluate<number>;
  const right = of(sides.right) as Evaluate<number>;
  const compared =
    (compare: (a: number, b: number) => boolean): Evaluate =>
    (view) => {
      const a = left(view);
      const b = right(view);
      return a === null || b === null ? null : compare(a, b);
    };
  switch (operator) {
    case '<':
      return compared((a, b) => a < b);
    case '<=':
      return compared((a, b) => a <= b);
    case '>':
      return compared((a, b) => a > b);
    case '>=':
      return compared((a, b) => a >= b);
  }
}

function compileMembership({ key, of: where }: ExpressionOf<'in'>, of: Compile): Evaluate {
  const header = headerNamed(where, key);
  if (header !== null) return (view) => view.header(header) !== undefined;
  const wanted = of(key) as Evaluate<string>;
  if (where.kind === 'list') return compileListing(wanted, where, of);
  if (where.type === 'addresses') {
    const addresses = of(where) as Evaluate<AddressList>;
    return (view) => {
      const value = wanted(view);
      return value === null ? null : (addresses(view)?.holds(value) ?? null);
    };
  }
  const map = of(where) as Evaluate<ReadonlyMap<string, string>>;
  return (view) => {
    const value = wanted(view);
    return value === null ? null : (map(view)?.has(value) ?? null);
  };
}

function compileListing(wanted: Evaluate, { items }: ExpressionOf<'list'>, of: Compile): Evaluate {
  if (items.every(({ kind }) => kind === 'constant')) {
    const known = new Set(items.map((item) => (item.kind === 'constant' ? item.value : null)));
    return (view) => {
      const value = wanted(view);
      return value === null ? null : known.has(value as Scalar);
    };
  }
  const values = items.map(of);
  return (view) => {
    const value = wanted(view);
    let isIn = false;
    let isError = value === null;
    for (const item of values) {
      const against = item(view);
      if (against === null) isError = true;
      else if (against === value) isIn = true;
    }
    return isError ? null : isIn;
  };
}

function compileCall({ name, of: on, argument }: ExpressionOf<'call'>, of: Compile): Evaluate {
  const value = of(on);
  const run = functions[name].run as (of: Value, argument: string) => Scalar | null;
  if (argument === null) {
    return (view) => {
      const text = value(view);
      return text === null ? null : run(text, '');
    };
  }
  if (argument.kind === 'constant') {
    const known = String(argument.value);
    return (view) => {
      const text = value(view);
      return text === null ? null : run(text, known);
    };
  }
  const second = of(argument) as Evaluate<string>;
  return (view) => {
    const text = value(view);
    const other = second(view);
    return text === null || other === null ? null : run(text, other);
  };
}
