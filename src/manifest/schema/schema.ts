/**
 * The language that manifests are described in: plain data, so that one description serves
 * validation, canonical form, overrides, `explain`, the JSON Schema for editors and the reference
 * pages. `Schema<T>` says what a value is once read.
 */
export type Schema<T = unknown> = SchemaShape & { readonly type?: T };

export type SchemaShape =
  | TextSchema
  | NotationSchema
  | NumberSchema
  | BooleanSchema
  | ChoiceSchema
  | ListSchema
  | MapSchema
  | ObjectSchema
  | AnySchema;

export type Infer<S> = S extends { readonly type?: infer T } ? T : never;

export interface TextSchema {
  readonly kind: 'text';
  /** What is expected, as it stands in an error: `a name of lower-case letters`. */
  readonly expected: string;
  readonly pattern: RegExp | null;
  readonly longest: number;
  readonly examples: readonly string[];
}

/** A value that people write as text and that means something else: a duration, a route, a rung. */
export interface NotationSchema {
  readonly kind: 'notation';
  readonly notation: Notation<unknown>;
}

export interface Notation<T> {
  readonly name: string;
  /** Completes “expected …”. */
  readonly expected: string;
  readonly examples: readonly string[];
  /** For editors, which know patterns only; `parse` decides. */
  readonly pattern: string;
  /** Whether a bare number may be written. */
  readonly numbers?: boolean;
  parse(text: string): Parsed<T>;
  /** The canonical way of writing it, which `parse` reads back. */
  show(value: T): string;
  /** What stands in for a value that was refused, so that the other checks go on. */
  readonly fallback: T;
}

/** A value, or why the text is none (null when `expected` says it all). */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: string | null };

export interface NumberSchema {
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

export interface BooleanSchema {
  readonly kind: 'boolean';
}

export interface ChoiceSchema {
  readonly kind: 'choice';
  readonly values: readonly string[];
}

export interface ListSchema {
  readonly kind: 'list';
  readonly of: Schema;
  readonly min: number;
  readonly max: number;
  /** One value may stand for a list of one. */
  readonly single: boolean;
}

export interface MapSchema {
  readonly kind: 'map';
  readonly of: Schema;
  /** What a key is, such as `the name of a need`, and how it may look. */
  readonly keyIs: string;
  readonly keyPattern: RegExp;
  readonly max: number;
  readonly short: ShortForm | null;
}

export interface ObjectSchema {
  readonly kind: 'object';
  /** What it describes, for titles and for errors: `a job`. */
  readonly name: string;
  readonly doc: string;
  readonly fields: Readonly<Record<string, Field>>;
  /** Sets of keys of which a value has one, or at most one. */
  readonly alternatives: readonly Alternative[];
  readonly shorts: readonly ShortForm[];
}

/** Anything JSON can say; for parts that another language describes. */
export interface AnySchema {
  readonly kind: 'any';
}

export interface Field<T = unknown> {
  readonly schema: Schema;
  readonly presence: 'required' | 'optional';
  /** The value in force when the key is not written; null where none is. */
  readonly fallback: unknown;
  /** The default in words, where it depends on other keys. */
  readonly fallbackInWords: string | null;
  readonly doc: string;
  /** The key without which this one means nothing. */
  readonly onlyWith: string | null;
  readonly type?: T;
}

export interface Alternative {
  readonly keys: readonly string[];
  readonly required: boolean;
  readonly what: string;
}

/** How one value stands for a map: `health: /health` for `health: { path: /health }`. */
export interface ShortForm {
  readonly accepts: 'scalar' | 'list' | 'scalar or list';
  readonly when: RegExp | null;
  /** The keys it is given to. */
  readonly to: readonly string[];
}
