import type { ManifestNode, MapEntry, MapNode } from '../source/node.ts';
import type { SchemaShape } from '../schema/schema.ts';
import { expandShortForm } from './expand-short-form.ts';

/**
 * A node with an environment's overrides laid over it. Maps merge key by key, short forms as the
 * maps they stand for; a list or a value replaces what was there; `~` takes a key away, so that its
 * default holds again. Where keys exclude each other (`at` and `build`), the one that the override
 * names wins. Every value keeps the place where it was written.
 */
export function mergeOverrides(
  schema: SchemaShape,
  base: ManifestNode,
  override: ManifestNode,
): ManifestNode {
  if (schema.kind !== 'object' && schema.kind !== 'map') return override;
  const below = expandShortForm(schema, base);
  const above = expandShortForm(schema, override);
  if (below.kind !== 'map' || above.kind !== 'map') return override;
  const entries = new Map<string, MapEntry>(below.entries);
  for (const excluded of excludedBy(schema, below, above)) entries.delete(excluded);
  for (const [key, entry] of above.entries) {
    const under = entries.get(key);
    const inner = schema.kind === 'map' ? schema.of : schema.fields[key]?.schema;
    if (isNothing(entry.value)) entries.delete(key);
    else if (under === undefined || inner === undefined) {
      entries.set(key, { key: entry.key, value: withoutNothing(entry.value) });
    } else
      entries.set(key, { key: entry.key, value: mergeOverrides(inner, under.value, entry.value) });
  }
  return { ...below, entries };
}

function excludedBy(schema: SchemaShape, below: MapNode, above: MapNode): readonly string[] {
  if (schema.kind !== 'object') return [];
  const gone = schema.alternatives.flatMap(({ keys }) =>
    keys.some((key) => above.entries.has(key))
      ? keys.filter((key) => below.entries.has(key) && !above.entries.has(key))
      : [],
  );
  const dependent = Object.entries(schema.fields)
    .filter(([, { onlyWith }]) => onlyWith !== null && gone.includes(onlyWith))
    .map(([key]) => key);
  return [...gone, ...dependent];
}

/** `~` where nothing stood below takes nothing away. */
export function withoutNothing(node: ManifestNode): ManifestNode {
  if (node.kind !== 'map') return node;
  const entries = new Map<string, MapEntry>();
  for (const [key, entry] of node.entries) {
    if (!isNothing(entry.value)) entries.set(key, { ...entry, value: withoutNothing(entry.value) });
  }
  return { ...node, entries };
}

function isNothing(node: ManifestNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}
