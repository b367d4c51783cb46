import { nearestName } from '../../lib/nearest-name.ts';
import { child } from '../problems/path.ts';
import type { MapNode, ScalarNode } from '../source/node.ts';
import type { ObjectSchema, SchemaShape } from '../schema/schema.ts';
import { expandShortForm } from './expand-short-form.ts';
import { alternatives, refuseAs, type Reading } from './refuse.ts';

/**
 * Reads a map of known keys: every field is there in what is returned, by its value or its default.
 */
export function readObject(
  schema: ObjectSchema,
  reading: Reading,
  read: (schema: SchemaShape, reading: Reading) => unknown,
): Readonly<Record<string, unknown>> {
  const node = expandShortForm(schema, reading.node);
  if (node.kind !== 'map') {
    refuseAs(reading, schema, null, { expected: `keys such as ${someKeys(schema)}` });
    return standIn(schema);
  }
  const meant = refuseUnknownKeys(schema, node, reading);
  refuseConflicts(schema, node, reading);
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.fields)) {
    const entry = node.entries.get(name);
    if (entry !== undefined) {
      const path = child(reading.path, name);
      values[name] = read(field.schema, { node: entry.value, path, problems: reading.problems });
      continue;
    }
    values[name] = field.presence === 'required' ? standInFor(field.schema) : field.fallback;
    if (field.presence === 'required' && !meant.has(name)) {
      reportMissing(schema, name, node, reading);
    }
  }
  return values;
}

/**
 * Returns the keys that misspelt ones most likely meant: nobody need be told that those are
 * missing.
 */
function refuseUnknownKeys(
  schema: ObjectSchema,
  node: MapNode,
  reading: Reading,
): ReadonlySet<string> {
  const known = Object.keys(schema.fields);
  const meant = new Set<string>();
  for (const [name, entry] of node.entries) {
    if (Object.hasOwn(schema.fields, name)) continue;
    const near = nearestName(name, known);
    if (near !== null) meant.add(near);
    reading.problems.add({
      code: 'unknown-key',
      spot: entry.key,
      path: child(reading.path, name),
      message:
        `\`${name}\` is no key of ${schema.name}.` +
        (near === null ? '' : ` Did you mean \`${near}\`?`),
      expected: `one of ${known.join(', ')}`,
      remedy: near === null ? 'Take the key out.' : `Write \`${near}\`, or take the key out.`,
    });
  }
  return meant;
}

function refuseConflicts(schema: ObjectSchema, node: MapNode, reading: Reading): void {
  for (const { keys, required, what } of schema.alternatives) {
    const written = keys.filter((key) => node.entries.has(key));
    const [first, second] = written;
    if (first !== undefined && second !== undefined) {
      conflict(node, reading, second, `\`${second}\` and \`${first}\` exclude each other.`, first);
    } else if (first === undefined && required) {
      reading.problems.add({
        code: 'missing-key',
        spot: headOf(node),
        path: reading.path,
        message: `${capital(schema.name)} does not say ${what}.`,
        expected: alternatives(keys),
        remedy: `Add ${alternatives(keys)}.`,
      });
    }
  }
  for (const [name, { onlyWith }] of Object.entries(schema.fields)) {
    if (onlyWith === null || !node.entries.has(name) || node.entries.has(onlyWith)) continue;
    conflict(node, reading, name, `\`${name}\` means nothing without \`${onlyWith}\`.`, null);
  }
}

function conflict(
  node: MapNode,
  reading: Reading,
  name: string,
  message: string,
  other: string | null,
): void {
  const key = keyOf(node, name);
  const otherKey = other === null ? null : keyOf(node, other);
  reading.problems.add({
    code: 'conflicting-keys',
    spot: key,
    path: child(reading.path, name),
    message,
    remedy: other === null ? `Take \`${name}\` out.` : 'Keep one of the two.',
    ...(otherKey === null ? {} : { also: [{ what: `\`${other}\` is here`, spot: otherKey }] }),
  });
}

function reportMissing(schema: ObjectSchema, name: string, node: MapNode, reading: Reading): void {
  const field = schema.fields[name];
  reading.problems.add({
    code: 'missing-key',
    spot: headOf(node),
    path: child(reading.path, name),
    message: `${capital(schema.name)} has no \`${name}\`.`,
    expected: field === undefined ? '' : field.doc.replace(/\.(?: .*)?$/s, ''),
    remedy: `Add \`${name}: …\`.`,
  });
}

/** The first key of a map, which is where a reader looks for what is missing. */
function headOf(node: MapNode): ScalarNode | MapNode {
  for (const { key } of node.entries.values()) return key;
  return node;
}

function keyOf(node: MapNode, name: string): ScalarNode | MapNode {
  return node.entries.get(name)?.key ?? node;
}

/** A value that offends no check, for what was refused or is missing. */
function standInFor(schema: SchemaShape): unknown {
  switch (schema.kind) {
    case 'text':
      return '';
    case 'notation':
      return schema.notation.fallback;
    case 'number':
      return schema.min;
    case 'boolean':
      return false;
    case 'choice':
      return schema.values[0] ?? '';
    case 'list':
      return [];
    case 'map':
      return new Map();
    case 'object':
      return standIn(schema);
    case 'any':
      return null;
  }
}

function standIn(schema: ObjectSchema): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(schema.fields).map(([name, field]) => [
      name,
      field.presence === 'required' ? standInFor(field.schema) : field.fallback,
    ]),
  );
}

function someKeys(schema: ObjectSchema): string {
  return Object.keys(schema.fields)
    .slice(0, 3)
    .map((key) => `\`${key}\``)
    .join(', ');
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
