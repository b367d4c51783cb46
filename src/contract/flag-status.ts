import type { FlagValue } from './flags.ts';

/** One flag as people are shown it: what holds now, and where that comes from. */
export type FlagStatus = {
  readonly name: string;
  /** A `switch` is a feature's; any other is the site's own. */
  readonly kind: 'switch' | 'flag';
  /** What everybody gets whom no rule chooses for; null where the code's own default holds. */
  readonly value: FlagValue | null;
  /** The name of the variant that is; null for a value of its own. */
  readonly variant: string | null;
  /** Some get another value, by a rule. */
  readonly targeted: boolean;
  /** What is written, or what holds where nothing is: what it goes back to. */
  readonly default: FlagValue | null;
  /** `hand`, `default` where nobody wrote anything, else the file or address. */
  readonly from: string;
  readonly since: string | null;
  /** When it goes back by itself; null for never. */
  readonly expires: string | null;
  readonly who: string | null;
  readonly why: string | null;
  /** What it can be set to: a switch also to a delay such as `slow 200ms`. */
  readonly choices: readonly string[];
};

export type SetFlagRequest = {
  readonly name: string;
  /** The name of a variant, a value of a switch, or a value as JSON says it. */
  readonly value: string;
  /** True for a value that is none of the variants, so that no misspelt name is taken for one. */
  readonly isValue: boolean;
  /** When it goes back by itself, in milliseconds since the epoch; null for never. */
  readonly expiresMs: number | null;
  readonly who: string;
  readonly why: string | null;
};

export type UnsetFlagRequest = Pick<SetFlagRequest, 'name' | 'who' | 'why'>;

/** What was done, and how it stands now. */
export type FlagChangeResult = {
  readonly before: FlagStatus;
  readonly after: FlagStatus;
};
