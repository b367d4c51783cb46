import type { JsonValue } from '../../lib/json.ts';
import type { ObjectSchema, SchemaShape } from './schema.ts';

/**
 * A value as a manifest would say it in its one canonical form: long forms, and quantities as
 * people write them. Keys that have no value are left out. Reading the result again gives the same
 * value.
 */
export function canonicalForm(schema: SchemaShape, value: unknown): JsonValue {
  switch (schema.kind) {
    case 'notation':
      return schema.notation.show(value);
    case 'list':
      return (value as readonly unknown[]).map((item) => canonicalForm(schema.of, item));
    case 'map': {
      const entries = [...(value as ReadonlyMap<string, unknown>)];
      return Object.fromEntries(
        entries.map(([key, inner]) => [key, canonicalForm(schema.of, inner)]),
      );
    }
    case 'object': {
      const values = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(
        keysInForce(schema, values)
          .filter((key) => values[key] !== null && values[key] !== undefined)
          .map((key) => [key, canonicalForm(fieldOf(schema, key), values[key])]),
      );
    }
    case 'text':
    case 'number':
    case 'boolean':
    case 'choice':
    case 'any':
      return value as JsonValue;
  }
}

/**
 * The keys that mean something beside the others: only a database is read from replicas, and what
 * runs elsewhere has none of ours. Of keys that exclude each other the first with a value counts.
 */
export function keysInForce(
  schema: ObjectSchema,
  values: Readonly<Record<string, unknown>>,
): readonly string[] {
  const has = (key: string): boolean => (values[key] ?? null) !== null;
  const idle = new Set(
    schema.alternatives.flatMap(({ keys }) => {
      const first = keys.find(has);
      return first === undefined ? [] : keys.filter((key) => key !== first);
    }),
  );
  return Object.entries(schema.fields)
    .filter(([key, { onlyWith }]) => !idle.has(key) && (onlyWith === null || has(onlyWith)))
    .map(([key]) => key);
}

function fieldOf(schema: ObjectSchema, key: string): SchemaShape {
  return schema.fields[key]?.schema ?? { kind: 'any' };
}
