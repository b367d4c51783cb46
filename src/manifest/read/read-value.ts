import { nearestName } from '../../lib/nearest-name.ts';
import { child, type Path } from '../problems/path.ts';
import type { ProblemList } from '../problems/problem-list.ts';
import { describeNode, plainValue, type ManifestNode, type ScalarNode } from '../source/node.ts';
import type {
  ChoiceSchema,
  ListSchema,
  MapSchema,
  NotationSchema,
  NumberSchema,
  Schema,
  SchemaShape,
  TextSchema,
} from '../schema/schema.ts';
import { expandShortForm } from './expand-short-form.ts';
import { readObject } from './read-object.ts';
import { alternatives, refuseAs, type Reading } from './refuse.ts';

/**
 * Reads a node as its schema says. What is wrong goes to `problems`, and a harmless stand-in is
 * returned in its place, so that one run finds everything; `problems.isWrong(path)` tells
 * cross-checks which values not to believe.
 */
export function readValue<T>(
  schema: Schema<T>,
  node: ManifestNode,
  path: Path,
  problems: ProblemList,
): T {
  return read(schema, { node, path, problems }) as T;
}

function read(schema: SchemaShape, reading: Reading): unknown {
  switch (schema.kind) {
    case 'text':
      return readText(schema, reading);
    case 'notation':
      return readNotation(schema, reading);
    case 'number':
      return readNumber(schema, reading);
    case 'boolean':
      return typeof valueOf(reading) === 'boolean'
        ? valueOf(reading)
        : refuseAs(reading, schema, false, { expected: '`true` or `false`' });
    case 'choice':
      return readChoice(schema, reading);
    case 'list':
      return readList(schema, reading);
    case 'map':
      return readMap(schema, reading);
    case 'object':
      return readObject(schema, reading, read);
    case 'any':
      return plainValue(reading.node);
  }
}

function valueOf({ node }: Reading): unknown {
  return node.kind === 'scalar' ? node.value : undefined;
}

/** Scalars that can be read as text; `yes` and `no` are text, `true` and `~` are not. */
function isText(node: ManifestNode): node is ScalarNode {
  return node.kind === 'scalar' && node.value !== null && typeof node.value !== 'boolean';
}

function readText(schema: TextSchema, reading: Reading): string {
  const { node } = reading;
  const { expected } = schema;
  if (!isText(node)) return refuseAs(reading, schema, '', { expected });
  if (node.text.length > schema.longest) {
    const why = `It is longer than ${schema.longest} characters.`;
    return refuseAs(reading, schema, '', { expected, why, remedy: 'Shorten it.' });
  }
  if (schema.pattern === null || schema.pattern.test(node.text)) return node.text;
  return refuseAs(reading, schema, '', { expected });
}

function readNotation(schema: NotationSchema, reading: Reading): unknown {
  const { node } = reading;
  const { notation } = schema;
  const { expected, fallback } = notation;
  if (!isText(node)) return refuseAs(reading, schema, fallback, { expected });
  const parsed = notation.parse(node.text);
  return parsed.ok
    ? parsed.value
    : refuseAs(reading, schema, fallback, { expected, why: parsed.why });
}

function readNumber(schema: NumberSchema, reading: Reading): number {
  const value = valueOf(reading);
  const kind = schema.whole ? 'a whole number' : 'a number';
  const fits =
    typeof value === 'number' &&
    value >= schema.min &&
    value <= schema.max &&
    (!schema.whole || Number.isInteger(value));
  if (fits) return value;
  const expected =
    schema.min === schema.max ? `\`${schema.min}\`` : `${kind} from ${schema.min} to ${schema.max}`;
  return refuseAs(reading, schema, schema.min, { expected });
}

function readChoice(schema: ChoiceSchema, reading: Reading): string {
  const value = valueOf(reading);
  if (typeof value === 'string' && schema.values.includes(value)) return value;
  const near = typeof value === 'string' ? nearestName(value, schema.values) : null;
  const refusal = { expected: alternatives(schema.values) };
  return refuseAs(
    reading,
    schema,
    schema.values[0] ?? '',
    near === null
      ? refusal
      : { ...refusal, why: `Did you mean “${near}”?`, remedy: `Write \`${near}\`.` },
  );
}

function readList(schema: ListSchema, reading: Reading): readonly unknown[] {
  const { node, path, problems } = reading;
  if (node.kind !== 'list') {
    if (schema.single && !(node.kind === 'scalar' && node.value === null)) {
      return [read(schema.of, reading)];
    }
    return refuseAs(reading, schema, [], {
      expected: schema.single ? 'a value or a list' : 'a list',
    });
  }
  if (node.items.length < schema.min || node.items.length > schema.max) {
    const [bound, number] =
      node.items.length < schema.min ? ['at least', schema.min] : ['at most', schema.max];
    return refuseAs(reading, schema, [], { expected: `a list of ${bound} ${number}` });
  }
  return node.items.map((item, index) =>
    read(schema.of, { node: item, path: child(path, index), problems }),
  );
}

function readMap(schema: MapSchema, reading: Reading): ReadonlyMap<string, unknown> {
  const { path, problems } = reading;
  const node = expandShortForm(schema, reading.node);
  const empty = new Map<string, unknown>();
  if (node.kind !== 'map') {
    return refuseAs(reading, schema, empty, { expected: `keys, each ${schema.keyIs}` });
  }
  if (node.entries.size > schema.max) {
    return refuseAs(reading, schema, empty, { expected: `at most ${schema.max} keys` });
  }
  const values = new Map<string, unknown>();
  for (const [key, entry] of node.entries) {
    const at = child(path, key);
    if (!schema.keyPattern.test(key)) refuseKey(schema, entry.key, at, problems);
    values.set(key, read(schema.of, { node: entry.value, path: at, problems }));
  }
  return values;
}

function refuseKey(schema: MapSchema, key: ScalarNode, path: Path, problems: ProblemList): void {
  problems.add({
    code: 'invalid-value',
    spot: key,
    path,
    message: `${describeNode(key)} cannot be ${schema.keyIs}.`,
    expected: `a key like ${schema.keyPattern.source}`,
    remedy: 'Rename the key.',
  });
}
