import type { ManifestNode, MapEntry } from '../source/node.ts';
import type { SchemaShape, ShortForm } from '../schema/schema.ts';

/**
 * The long form of a node, each part standing where the short form stood; a node that is no short
 * form as it is.
 */
export function expandShortForm(schema: SchemaShape, node: ManifestNode): ManifestNode {
  if (node.kind === 'map') return node;
  const short = shortsOf(schema).find((form) => fits(form, node));
  if (short === undefined) return node;
  const { source, start, end } = node;
  const entries = new Map<string, MapEntry>(
    short.to.map((name) => [
      name,
      { key: { kind: 'scalar', source, start, end, value: name, text: name }, value: node },
    ]),
  );
  return { kind: 'map', source, start, end, entries };
}

export function shortsOf(schema: SchemaShape): readonly ShortForm[] {
  if (schema.kind === 'object') return schema.shorts;
  return schema.kind === 'map' && schema.short !== null ? [schema.short] : [];
}

function fits(short: ShortForm, node: ManifestNode): boolean {
  if (node.kind === 'map' || (node.kind === 'scalar' && node.value === null)) return false;
  if (!short.accepts.split(' or ').includes(node.kind)) return false;
  return short.when === null || (node.kind === 'scalar' && short.when.test(node.text));
}
