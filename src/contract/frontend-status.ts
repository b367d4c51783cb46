import type { FrontendPin } from './keys.ts';

/** A frontend and the releases that are kept of it: what `turnout frontend list --json` prints. */
export type FrontendReleases = {
  readonly frontend: string;
  /** Path prefix; null for one that is in no manifest any more. */
  readonly prefix: string | null;
  /** Published by hand or rolled back to: its folder does not replace it; null for none. */
  readonly pinned: FrontendPin | null;
  /** The live one first, then those that were served before it, newest first. */
  readonly releases: readonly KeptRelease[];
  /** Links that have not expired. */
  readonly previews: readonly ListedPreview[];
};

export type ListedPreview = {
  readonly id: string;
  readonly release: string;
  /** ISO 8601. */
  readonly expires: string;
  readonly who: string;
  readonly why: string | null;
};

export type KeptRelease = {
  /** `sha256:…`. */
  readonly release: string;
  readonly live: boolean;
  /** It was rolled back from. */
  readonly left: boolean;
  /** ISO 8601; null, as all below, for what an older Turnout published. */
  readonly at: string | null;
  readonly who: string | null;
  readonly why: string | null;
  readonly files: number | null;
  /** Before compression. */
  readonly bytes: number | null;
};
