import type { JsonValue } from '../../lib/json.ts';
import { canonicalForm } from '../schema/canonical-form.ts';
import { manifestKinds, type ManifestKind } from '../schema/kinds.ts';
import { environmentOverrides } from '../schema/site.ts';
import type {
  Field,
  MapSchema,
  NotationSchema,
  ObjectSchema,
  SchemaShape,
  ShortForm,
  TextSchema,
} from '../schema/schema.ts';

type Json = { readonly [key: string]: JsonValue };

/**
 * The JSON Schema (draft 2020-12) of a manifest, for editors: every key with its description and
 * default, short forms too. It lets pass what only `turnout check` can know, such as a need that is
 * declared nowhere, and refuses nothing that `check` accepts.
 */
export function toJsonSchema(kind: ManifestKind): Json {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `${kind}.yaml of Turnout`,
    ...convert(manifestKinds[kind], false),
  };
}

/** `removable`: inside an environment, where `~` takes a key away. */
function convert(schema: SchemaShape, removable: boolean): Json {
  switch (schema.kind) {
    case 'text':
      return textSchema(schema);
    case 'notation':
      return notationSchema(schema);
    case 'number':
      return {
        type: schema.whole ? 'integer' : 'number',
        minimum: schema.min,
        maximum: schema.max,
      };
    case 'boolean':
      return { type: 'boolean' };
    case 'choice':
      return { enum: schema.values };
    case 'list': {
      const items = convert(schema.of, removable);
      const list = { type: 'array', items, minItems: schema.min, maxItems: schema.max };
      return schema.single ? { anyOf: [items, list] } : list;
    }
    case 'map':
      return mapSchema(schema, removable);
    case 'object':
      return objectSchema(schema, removable || schema === environmentOverrides);
    case 'any':
      return {};
  }
}

/** Manifests take a number where text is expected and mean its letters. */
function textSchema({ expected, pattern, longest, examples }: TextSchema): Json {
  return {
    type: pattern === null || pattern.test('1') ? ['string', 'number'] : 'string',
    description: `${expected.charAt(0).toUpperCase()}${expected.slice(1)}.`,
    maxLength: longest,
    ...(pattern === null ? {} : { pattern: pattern.source }),
    ...(examples.length === 0 ? {} : { examples }),
  };
}

function notationSchema({ notation }: NotationSchema): Json {
  return {
    type: notation.numbers === true ? ['string', 'integer'] : 'string',
    pattern: notation.pattern,
    examples: notation.examples,
  };
}

function mapSchema(schema: MapSchema, removable: boolean): Json {
  const inner = nullable(convert(schema.of, removable), removable);
  const map = {
    type: 'object',
    propertyNames: { pattern: schema.keyPattern.source },
    additionalProperties: inner,
    maxProperties: schema.max,
  };
  return schema.short === null ? map : { anyOf: [map, ...accepted(schema.short, () => schema.of)] };
}

function objectSchema(schema: ObjectSchema, removable: boolean): Json {
  const fields = Object.entries(schema.fields);
  const required = fields.filter(([, { presence }]) => presence === 'required').map(([key]) => key);
  const dependent = fields.filter(([, { onlyWith }]) => onlyWith !== null);
  const object = {
    type: 'object',
    description: schema.doc,
    properties: Object.fromEntries(
      fields.map(([key, field]) => [key, fieldSchema(field, removable)]),
    ),
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    ...(dependent.length === 0
      ? {}
      : {
          dependentRequired: Object.fromEntries(
            dependent.map(([key, { onlyWith }]) => [key, [onlyWith ?? '']]),
          ),
        }),
    ...exclusions(schema),
  };
  const shorts = schema.shorts.flatMap((short) =>
    accepted(short, (key) => schema.fields[key]?.schema),
  );
  return shorts.length === 0 ? object : { anyOf: [object, ...shorts] };
}

function fieldSchema(field: Field, removable: boolean): Json {
  const known = field.fallback !== null && field.fallbackInWords === null;
  const otherwise = field.fallbackInWords === null ? '' : ` Default: ${field.fallbackInWords}.`;
  return {
    ...nullable(convert(field.schema, removable), removable),
    description: field.doc + otherwise,
    ...(known ? { default: canonicalForm(field.schema, field.fallback) } : {}),
  };
}

function nullable(schema: Json, removable: boolean): Json {
  return removable ? { anyOf: [schema, { type: 'null' }] } : schema;
}

function exclusions(schema: ObjectSchema): Json {
  const all = schema.alternatives.flatMap(({ keys, required }): readonly Json[] => {
    if (required) return [{ oneOf: keys.map((key) => ({ required: [key] })) }];
    return keys.flatMap((key, index) =>
      keys.slice(index + 1).map((other) => ({ not: { required: [key, other] } })),
    );
  });
  return all.length === 0 ? {} : { allOf: all };
}

/** What may stand in place of the whole map: whatever the first of its keys takes. */
function accepted(
  short: ShortForm,
  schemaOf: (key: string) => SchemaShape | undefined,
): readonly Json[] {
  const inner = schemaOf(short.to[0] ?? '');
  return inner === undefined ? [] : [convert(inner, false)];
}
