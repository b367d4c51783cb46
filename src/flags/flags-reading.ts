import type { FlagsDocument } from '../contract/flags.ts';
import type { FeaturePolicy } from '../derive/policies/policies.ts';

/** The features of a site, as far as their switches are concerned. */
export type SwitchedFeature = Pick<FeaturePolicy, 'feature' | 'ladder'>;

/** What a text says of the flags, or all that is wrong with it. */
export type FlagsReading =
  | { readonly kind: 'flags'; readonly document: FlagsDocument }
  | {
      readonly kind: 'refused';
      /** In words, each with its place and its remedy. */
      readonly problems: string;
      /** Of the first, counted from 1. */
      readonly line: number;
    };

/** Reads the text of a flags file; `name` is how problems call it. */
export type ReadFlags = (
  text: string,
  name: string,
  features: readonly SwitchedFeature[],
) => FlagsReading;
