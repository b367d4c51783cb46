import type { Expression } from '../../../lib/conditions/expression.ts';
import { lookOf, type Look } from '../../../lib/conditions/shared-looks.ts';

/**
 * What every request that a condition holds for has; null where it may be anything. A request that
 * lacks it makes the condition false, and never an error, so a rule need not be tried for it.
 */
export interface Requirement {
  readonly methods: ReadonlySet<string> | null;
  readonly hosts: ReadonlySet<string> | null;
  readonly paths: PathRequirement | null;
  /** At least one of these says yes, or fails. */
  readonly looks: readonly Look[] | null;
}

/** One of these paths, or a path that begins with one of these. */
export interface PathRequirement {
  readonly exact: ReadonlySet<string>;
  readonly prefixes: readonly string[];
}

const anything: Requirement = { methods: null, hosts: null, paths: null, looks: null };
const noPath: PathRequirement = { exact: new Set(), prefixes: [] };

/** Reads it off the parts joined by && and ||. */
export function requirementOf(expression: Expression): Requirement {
  const look = lookOf(expression);
  if (look !== null) return { ...anything, looks: [look] };
  switch (expression.kind) {
    case 'constant':
      return expression.value === false ? { ...anything, paths: noPath } : anything;
    case 'and':
      return both(requirementOf(expression.left), requirementOf(expression.right));
    case 'or':
      return either(requirementOf(expression.left), requirementOf(expression.right));
    case 'equal': {
      const { left, right } = expression;
      if (right.kind === 'constant') return oneOf(left, [String(right.value)]);
      return left.kind === 'constant' ? oneOf(right, [String(left.value)]) : anything;
    }
    case 'in': {
      const { key, of } = expression;
      if (of.kind !== 'list') return anything;
      const values = of.items.map((item) => (item.kind === 'constant' ? String(item.value) : null));
      return values.includes(null)
        ? anything
        : oneOf(
            key,
            values.filter((one) => one !== null),
          );
    }
    case 'call': {
      const { name, of, argument } = expression;
      const isPrefix = name === 'startsWith' && of.kind === 'field' && of.field === 'request.path';
      if (!isPrefix || argument?.kind !== 'constant') return anything;
      return { ...anything, paths: { exact: new Set(), prefixes: [String(argument.value)] } };
    }
    default:
      return anything;
  }
}

function oneOf(field: Expression, values: readonly string[]): Requirement {
  if (field.kind !== 'field') return anything;
  switch (field.field) {
    case 'request.method':
      return { ...anything, methods: new Set(values) };
    case 'request.host':
      return { ...anything, hosts: new Set(values) };
    case 'request.path':
      return { ...anything, paths: { exact: new Set(values), prefixes: [] } };
    default:
      return anything;
  }
}

function both(left: Requirement, right: Requirement): Requirement {
  return {
    methods:
      left.methods && right.methods
        ? left.methods.intersection(right.methods)
        : (left.methods ?? right.methods),
    hosts:
      left.hosts && right.hosts
        ? left.hosts.intersection(right.hosts)
        : (left.hosts ?? right.hosts),
    // Either of the two is enough to go by; paths written out say more than beginnings.
    paths: narrower(left.paths, right.paths),
    looks: cheaper(left.looks, right.looks),
  };
}

/** One of the two is made for every request; the other waits until that one says yes. */
function cheaper(
  left: readonly Look[] | null,
  right: readonly Look[] | null,
): readonly Look[] | null {
  if (left === null || right === null) return left ?? right;
  const cost = (looks: readonly Look[]): number =>
    looks.reduce((sum, look) => sum + (isCheap(look) ? 1 : 10), 0);
  return cost(right) < cost(left) ? right : left;
}

/** By what stands in the request as it is: neither computed, nor a header that may be missing. */
function isCheap(look: Look): boolean {
  return look.kind !== 'in' || look.key.kind === 'field' || look.key.kind === 'constant';
}

function narrower(
  left: PathRequirement | null,
  right: PathRequirement | null,
): PathRequirement | null {
  if (left === null || right === null) return left ?? right;
  return right.prefixes.length < left.prefixes.length ? right : left;
}

function either(left: Requirement, right: Requirement): Requirement {
  return {
    methods: left.methods && right.methods && left.methods.union(right.methods),
    hosts: left.hosts && right.hosts && left.hosts.union(right.hosts),
    paths: left.paths &&
      right.paths && {
        exact: left.paths.exact.union(right.paths.exact),
        prefixes: [...left.paths.prefixes, ...right.paths.prefixes],
      },
    looks: left.looks && right.looks && [...left.looks, ...right.looks],
  };
}
