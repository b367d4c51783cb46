/** What a look at the place of the flags showed. */
export type Sight =
  | {
      readonly kind: 'text';
      readonly text: string;
      /** Whom it is from, as the journal has it: `flags.yaml, of ada`. */
      readonly who: string;
    }
  /** It is not there, or cannot be read; `why` ends a sentence. */
  | { readonly kind: 'lost'; readonly why: string };

/** Larger, and it is no flags file. */
export const SIGHT_LIMIT_BYTES = 1024 * 1024;
