import type { Path } from '../problems/path.ts';
import type { ProblemList } from '../problems/problem-list.ts';
import { describeNode, type ManifestNode } from '../source/node.ts';
import type { SchemaShape } from '../schema/schema.ts';

/** A node, where it stands, and where to say what is wrong with it. */
export interface Reading {
  readonly node: ManifestNode;
  readonly path: Path;
  readonly problems: ProblemList;
}

export interface Refusal {
  readonly expected: string;
  /** What is wrong in particular; whole sentences. */
  readonly why?: string | null;
  readonly remedy?: string;
}

/** Reports what was found in place of what was expected, and hands back the stand-in. */
export function refuseAs<T>(
  { node, path, problems }: Reading,
  schema: SchemaShape,
  standIn: T,
  { expected, why = null, remedy }: Refusal,
): T {
  const nothing = node.kind === 'scalar' && node.value === null;
  const shapeIsRight = node.kind === 'scalar' && isScalarSchema(schema) && !nothing;
  const found = nothing
    ? `${nameOf(path)} has no value.`
    : `${nameOf(path)} is ${describeNode(node)}.`;
  problems.add({
    code: shapeIsRight ? 'invalid-value' : 'wrong-shape',
    spot: node,
    path,
    message: why === null ? found : `${found} ${why}`,
    expected,
    remedy: nothing
      ? 'Give it a value, or take the key out.'
      : (remedy ?? exampleOf(schema) ?? `Write ${expected}.`),
  });
  return standIn;
}

/** The last key with what follows it: `routes[2]`. */
function nameOf(path: Path): string {
  if (path.parent === null) return 'The file';
  if (typeof path.key === 'number') return `${nameOf(path.parent).slice(0, -1)}[${path.key}]\``;
  return `\`${path.key}\``;
}

function exampleOf(schema: SchemaShape): string | null {
  const examples =
    schema.kind === 'notation'
      ? schema.notation.examples
      : schema.kind === 'text'
        ? schema.examples
        : [];
  return examples.length === 0 ? null : `Write for example ${alternatives(examples)}.`;
}

function isScalarSchema(schema: SchemaShape): boolean {
  return schema.kind !== 'list' && schema.kind !== 'map' && schema.kind !== 'object';
}

/** `a`, `b` or `c`. */
export function alternatives(values: readonly string[]): string {
  const quoted = values.map((value) => `\`${value}\``);
  const last = quoted.at(-1) ?? '';
  return quoted.length < 2 ? last : `${quoted.slice(0, -1).join(', ')} or ${last}`;
}
