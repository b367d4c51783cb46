import type { FlagValue } from '../contract/flags.ts';

/** flags.yaml in the flagd format, validated; evaluated by `@openfeature/flagd-core`. */
export interface Flags {
  readonly flags: Readonly<Record<string, Flag>>;
  /** Shared targeting rules that flags name with `$ref` (`$evaluators` in the file). */
  readonly evaluators: Readonly<Record<string, unknown>>;
}

export interface Flag {
  readonly state: 'ENABLED' | 'DISABLED';
  readonly variants: Readonly<Record<string, FlagValue>>;
  readonly defaultVariant: string | null;
  readonly targeting: unknown;
  /** Facts for people and tools. */
  readonly metadata: Readonly<Record<string, boolean | number | string>>;
}
