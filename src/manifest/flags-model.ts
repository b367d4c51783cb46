/** flags.yaml in the flagd format, validated; evaluated by `@openfeature/flagd-core`. */
export interface Flags {
  readonly flags: Readonly<Record<string, Flag>>;
  /** Shared targeting rules that flags name with `$ref` (`$evaluators` in the file). */
  readonly evaluators: Readonly<Record<string, unknown>>;
}

export interface Flag {
  readonly state: 'ENABLED' | 'DISABLED';
  readonly variants: Readonly<Record<string, JsonScalarOrObject>>;
  readonly defaultVariant: string | null;
  readonly targeting: unknown;
}

export type JsonScalarOrObject = boolean | number | string | Readonly<Record<string, unknown>>;
