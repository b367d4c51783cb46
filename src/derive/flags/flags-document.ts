import type { JsonScalarOrObject } from '../../manifest/flags-model.ts';

/** The site's flags as a flagd document, which services read and `@openfeature/flagd-core` evaluates. */
export interface FlagsDocument {
  readonly flags: Readonly<Record<string, FlagDefinition>>;
  readonly $evaluators: Readonly<Record<string, unknown>>;
}

export interface FlagDefinition {
  readonly state: 'ENABLED' | 'DISABLED';
  readonly variants: Readonly<Record<string, JsonScalarOrObject>>;
  /** Left out: the code's own default holds. */
  readonly defaultVariant?: string;
  readonly targeting?: unknown;
}
