import type {
  Alternative,
  Field,
  Infer,
  Notation,
  Schema,
  ShortForm,
  SchemaShape,
} from './schema.ts';

/** Gives a description its type: the one place where data and type are joined. */
function typed<T>(shape: SchemaShape): Schema<T> {
  return shape as Schema<T>;
}

export function text(expected: string, options: TextOptions = {}): Schema<string> {
  const { pattern = null, longest = 2000, examples = [] } = options;
  return typed({ kind: 'text', expected, pattern, longest, examples });
}

interface TextOptions {
  readonly pattern?: RegExp;
  readonly longest?: number;
  readonly examples?: readonly string[];
}

export function notation<T>(of: Notation<T>): Schema<T> {
  return typed({ kind: 'notation', notation: of as Notation<unknown> });
}

/** A whole number within bounds, both included. */
export function whole(min: number, max: number): Schema<number> {
  return typed({ kind: 'number', min, max, whole: true });
}

export function boolean(): Schema<boolean> {
  return typed({ kind: 'boolean' });
}

export function choice<const V extends readonly string[]>(values: V): Schema<V[number]> {
  return typed({ kind: 'choice', values });
}

export function list<T>(of: Schema<T>, options: ListOptions = {}): Schema<readonly T[]> {
  const { min = 0, max = 1000, single = false } = options;
  return typed({ kind: 'list', of, min, max, single });
}

interface ListOptions {
  readonly min?: number;
  readonly max?: number;
  readonly single?: boolean;
}

export function map<T>(of: Schema<T>, options: MapOptions): Schema<ReadonlyMap<string, T>> {
  const { max = 1000, short = null } = options;
  return typed({
    kind: 'map',
    of,
    keyIs: options.keyIs,
    keyPattern: options.keyPattern,
    max,
    short,
  });
}

interface MapOptions {
  readonly keyIs: string;
  readonly keyPattern: RegExp;
  readonly max?: number;
  readonly short?: ShortForm;
}

export function any(): Schema<unknown> {
  return typed({ kind: 'any' });
}

type Fields = Readonly<Record<string, Field>>;
type Read<F extends Fields> = { readonly [K in keyof F]: FieldType<F[K]> };
type FieldType<F> = F extends Field<infer T> ? T : never;

export function object<F extends Fields>(
  name: string,
  doc: string,
  fields: F,
  options: ObjectOptions = {},
): Schema<Read<F>> {
  const { alternatives = [], shorts = [] } = options;
  return typed({ kind: 'object', name, doc, fields, alternatives, shorts });
}

interface ObjectOptions {
  readonly alternatives?: readonly Alternative[];
  readonly shorts?: readonly ShortForm[];
}

interface FieldOptions {
  readonly onlyWith?: string;
  /** What holds when the key is left out, where that depends on other keys. */
  readonly otherwise?: string;
}

export function required<T>(schema: Schema<T>, doc: string): Field<T> {
  return {
    schema: schema as Schema,
    presence: 'required',
    fallback: null,
    fallbackInWords: null,
    doc,
    onlyWith: null,
  };
}

export function optional<T>(
  schema: Schema<T>,
  doc: string,
  options: FieldOptions = {},
): Field<T | null> {
  return withDefault<T | null>(schema, null, doc, options);
}

/** `fallback` is a value as it is once read: milliseconds, not `3s`. */
export function withDefault<T>(
  schema: Schema<T>,
  fallback: NoInfer<T>,
  doc: string,
  options: FieldOptions = {},
): Field<T> {
  return {
    schema: schema as Schema,
    presence: 'optional',
    fallback,
    fallbackInWords: options.otherwise ?? null,
    doc,
    onlyWith: options.onlyWith ?? null,
  };
}

/** A part of which every key has a default: left out, it is as if it were empty. */
export function section<T>(schema: Schema<T>, doc: string): Field<T> {
  if (schema.kind !== 'object') throw new TypeError(`a section is made of keys: ${doc}`);
  const fallback = Object.fromEntries(
    Object.entries(schema.fields).map(([key, field]) => [key, field.fallback]),
  );
  return withDefault(schema, fallback as NoInfer<T>, doc);
}

/** The same without some of its keys. */
export function omit<T, K extends keyof T & string>(
  schema: Schema<T>,
  ...keys: readonly K[]
): Schema<Omit<T, K>> {
  if (schema.kind !== 'object') throw new TypeError('only an object has keys to leave out');
  const left = Object.entries(schema.fields).filter(([key]) => !keys.some((one) => one === key));
  return typed({ ...schema, fields: Object.fromEntries(left) });
}

/** The same, with every key optional and removable: what an environment may say. */
export function partial<T>(schema: Schema<T>): Schema<Partial<Infer<Schema<T>>>> {
  return typed(partialShape(schema));
}

const partials = new WeakMap<SchemaShape, SchemaShape>();

function partialShape(shape: SchemaShape): SchemaShape {
  if (shape.kind !== 'object' && shape.kind !== 'map') return shape;
  const known = partials.get(shape);
  if (known !== undefined) return known;
  const made: SchemaShape =
    shape.kind === 'map'
      ? { ...shape, of: partialShape(shape.of) }
      : {
          ...shape,
          alternatives: shape.alternatives.map((one) => ({ ...one, required: false })),
          fields: Object.fromEntries(
            Object.entries(shape.fields).map(([key, field]) => [
              key,
              {
                ...field,
                schema: partialShape(field.schema),
                presence: 'optional' as const,
                fallback: null,
                onlyWith: null,
              },
            ]),
          ),
        };
  partials.set(shape, made);
  return made;
}
