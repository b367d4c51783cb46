import type { Arithmetic, Comparison, Expression, Scalar } from './expression.ts';
import { fold } from './fold-expression.ts';
import { functions, isFunctionName } from './functions.ts';
import { linearPattern } from './linear-pattern.ts';
import { type ExpressionType, requestFields, type RequestField } from './request-view.ts';

/** A node as the parser of CEL gives it. */
export interface CelNode {
  readonly op: string;
  readonly args: unknown;
  readonly start: number;
  readonly end: number;
}

/** What CEL knows and edge.yaml does not; caught where the condition is parsed. */
export class Unsupported extends Error {
  readonly remedy: string | null;
  readonly range: { readonly start: number; readonly end: number };

  constructor(message: string, { start, end }: CelNode, remedy: string | null = null) {
    super(message);
    this.range = { start, end };
    this.remedy = remedy;
  }
}

type Bare = Omit<Expression, 'source'>;

/** Reads a tree whose types the parser has checked; throws Unsupported. */
export function readExpression(node: CelNode, source: string): Expression {
  const text = balanced(source, node);
  const of = (inner: CelNode): Expression => readExpression(inner, source);
  return fold({ ...readBare(node, of), source: text } as Expression);
}

/** As it is written, with the parenthesis that the parser leaves off at the end. */
function balanced(source: string, { start, end }: CelNode): string {
  const text = source.slice(start, end);
  const isOpen = text.split('(').length > text.split(')').length;
  const closing = isOpen ? /^\s*\)/.exec(source.slice(end))?.[0] : undefined;
  return text + (closing ?? '');
}

type Read = (node: CelNode) => Expression;

function readBare(node: CelNode, of: Read): Bare {
  switch (node.op) {
    case 'value':
      return readConstant(node);
    case '.':
    case '[]':
      return readAccess(node, of);
    case '!_':
      return { kind: 'not', type: 'bool', of: of(node.args as CelNode) } as Bare;
    case '-_': {
      const inner = of(node.args as CelNode);
      return { kind: 'negate', type: inner.type, of: inner } as Bare;
    }
    case '?:':
      return readChoice(node, of);
    case 'list':
      throw new Unsupported('A list can stand after `in` only.', node);
    case 'call': {
      const [name, args] = node.args as [string, readonly CelNode[]];
      return readCall(node, name, args, of);
    }
    case 'rcall': {
      const [name, receiver, args] = node.args as [string, CelNode, readonly CelNode[]];
      return readCall(node, name, [receiver, ...args], of);
    }
    default:
      return readBinary(node, of);
  }
}

function readConstant(node: CelNode): Bare {
  const type = typeOfScalar(node.args);
  if (type === null)
    throw new Unsupported('Values of this kind mean nothing in a condition.', node);
  return { kind: 'constant', type, value: node.args as Scalar } as Bare;
}

function typeOfScalar(value: unknown): ExpressionType | null {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'string':
      return 'text';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    default:
      return null;
  }
}

/** `request.path`, `tables.wall`, `request.headers["user-agent"]`, and `["path"]` for `.path`. */
function readAccess(node: CelNode, of: Read): Bare {
  const [left, right] = node.args as [CelNode, CelNode | string];
  const name = typeof right === 'string' ? right : right.op === 'value' ? right.args : null;
  if (left.op === 'id') {
    if (typeof name !== 'string') throw new Unsupported('Name the part that is meant.', node);
    return readPart(node, String(left.args), name);
  }
  const map = of(left);
  if (map.type !== 'map') throw new Unsupported('Only a map has parts.', node);
  const key = typeof right === 'string' ? constantText(right) : of(right);
  refuseUpperCase(node, map, key);
  return { kind: 'at', type: 'text', of: map, key } as Bare;
}

function constantText(value: string): Expression {
  return { kind: 'constant', type: 'text', value, source: value };
}

function readPart(node: CelNode, of: string, name: string): Bare {
  if (of === 'tables') {
    const isAddresses = tableType(node) === 'AddressList';
    return { kind: 'table', type: isAddresses ? 'addresses' : 'map', table: name } as Bare;
  }
  const field = `${of}.${name}`;
  if (!Object.hasOwn(requestFields, field)) throw new Unsupported(`There is no ${field}.`, node);
  return {
    kind: 'field',
    type: requestFields[field as RequestField][1],
    field: field as RequestField,
  } as Bare;
}

/** The parser leaves the type it found on each node. */
function tableType(node: CelNode): string | undefined {
  return (node as { readonly checkedType?: { readonly name: string } }).checkedType?.name;
}

/** A header name with capitals would never be found. */
function refuseUpperCase(node: CelNode, map: Expression, key: Expression): void {
  if (map.kind !== 'field' || map.field !== 'request.headers' || key.kind !== 'constant') return;
  const name = String(key.value);
  if (name === name.toLowerCase()) return;
  throw new Unsupported(
    `Header names are in lower case here, and “${name}” is not.`,
    node,
    `Write “${name.toLowerCase()}”.`,
  );
}

function readChoice(node: CelNode, of: Read): Bare {
  const [condition, held, otherwise] = (node.args as readonly CelNode[]).map(of);
  if (condition === undefined || held === undefined || otherwise === undefined) {
    throw new Unsupported('A choice has three parts.', node);
  }
  return { kind: 'choice', type: held.type, condition, held, otherwise } as Bare;
}

const comparisons = new Set(['<', '<=', '>', '>=']);
const arithmetics = new Set(['+', '-', '*', '/', '%']);
const scalars = new Set<ExpressionType>(['bool', 'text', 'int', 'double']);

function readBinary(node: CelNode, of: Read): Bare {
  const { op, args } = node;
  if (!Array.isArray(args) || args.length !== 2) throw unknown(node);
  const [leftNode, rightNode] = args as [CelNode, CelNode];
  if (op === 'in') return readMembership(node, of(leftNode), rightNode, of);
  const left = of(leftNode);
  const right = of(rightNode);
  if (op === '&&' || op === '||') {
    return { kind: op === '&&' ? 'and' : 'or', type: 'bool', left, right } as Bare;
  }
  if (!scalars.has(left.type) || !scalars.has(right.type)) {
    throw new Unsupported(`Whole ${left.type}s cannot be compared.`, node);
  }
  if (op === '==' || op === '!=') {
    return { kind: op === '==' ? 'equal' : 'unequal', type: 'bool', left, right } as Bare;
  }
  if (comparisons.has(op)) {
    return { kind: 'compare', operator: op as Comparison, type: 'bool', left, right } as Bare;
  }
  if (!arithmetics.has(op)) throw unknown(node);
  return { kind: 'arithmetic', operator: op as Arithmetic, type: left.type, left, right } as Bare;
}

function readMembership(node: CelNode, key: Expression, where: CelNode, of: Read): Bare {
  if (where.op !== 'list') {
    const map = of(where);
    if (map.type !== 'map' && map.type !== 'addresses') throw unknown(node);
    refuseUpperCase(node, map, key);
    return { kind: 'in', type: 'bool', key, of: map } as Bare;
  }
  const items = (where.args as readonly CelNode[]).map(of);
  if (items.some(({ type }) => !scalars.has(type))) throw unknown(where);
  const list = { kind: 'list', type: 'list', items, source: '' } as const;
  return { kind: 'in', type: 'bool', key, of: list } as Bare;
}

function readCall(node: CelNode, name: string, args: readonly CelNode[], of: Read): Bare {
  if (name === 'has') return readHas(node, args[0], of);
  const [first, second, third] = args;
  if (first === undefined || third !== undefined) throw unknown(node);
  if (name === 'matches' && second !== undefined) return readMatches(of(first), second, of);
  if (!isFunctionName(name)) throw unknown(node);
  const { argument: wanted, gives } = functions[name];
  const takes: readonly ExpressionType[] = functions[name].takes;
  const receiver = of(first);
  const argument = second === undefined ? null : of(second);
  if (!takes.includes(receiver.type) || (argument?.type ?? null) !== wanted) throw unknown(node);
  return { kind: 'call', type: gives, name, of: receiver, argument } as Bare;
}

/** A field is always there; a key of a map may not be. */
function readHas(node: CelNode, inner: CelNode | undefined, of: Read): Bare {
  if (inner === undefined) throw unknown(node);
  const read = of(inner);
  if (read.kind === 'at') return { kind: 'in', type: 'bool', key: read.key, of: read.of } as Bare;
  return { kind: 'constant', type: 'bool', value: true } as Bare;
}

function readMatches(text: Expression, node: CelNode, of: Read): Bare {
  const pattern = of(node);
  if (pattern.kind !== 'constant') {
    throw new Unsupported('The pattern of `matches` must be written out.', node);
  }
  const outcome = linearPattern(String(pattern.value));
  if (!outcome.ok) {
    const remedy = 'Patterns have the syntax of RE2: no look-around, no back-references.';
    throw new Unsupported(`The pattern cannot be used: ${outcome.why}`, node, remedy);
  }
  return { kind: 'matches', type: 'bool', of: text, pattern: outcome.pattern } as Bare;
}

function unknown(node: CelNode): Unsupported {
  return new Unsupported(
    'This part of CEL is not carried out by the edge.',
    node,
    `Conditions know == != < > in && || ! ?: + - * / %, has, matches, ${Object.keys(functions).join(', ')}; put what repeats in a table.`,
  );
}
