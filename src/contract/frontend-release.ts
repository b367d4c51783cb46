import { TurnoutError } from '../lib/errors.ts';
import type { FrontendRules } from './frontend-rules.ts';

/**
 * What the release process says to the workers about a frontend: two JSON blobs, named by the
 * pointer in keys.ts.
 *
 * The **release** names content alone, so the same folder gives the same digest on every machine.
 * The **variants** hold what a compressor made of that content; compressors differ between builds
 * of Node.js, so they have a blob of their own.
 */
export interface FrontendRelease {
  readonly version: 1;
  /** Ordered by path, code unit by code unit. */
  readonly files: readonly FrontendFile[];
  /** What `_redirects` and `_headers` say; absent where the folder has neither. */
  readonly rules?: FrontendRules;
}

export interface FrontendFile {
  /** Relative to the folder, with forward slashes, decoded: `assets/app.js`. */
  readonly path: string;
  /** The whole `Content-Type`. */
  readonly type: string;
  /** The name carries a hash of the content, so a client may keep it for good. */
  readonly hashed: boolean;
  readonly content: Content;
}

/** A blob. */
export interface Content {
  readonly digest: string;
  readonly bytes: number;
}

export interface FrontendVariants {
  readonly version: 1;
  /** The settings they were made with; variants made with others are made anew. */
  readonly settings: string;
  /**
   * By the digest of the identity content; coding by coding only where it saves enough to be worth
   * keeping.
   */
  readonly contents: Readonly<Record<string, Variants>>;
}

export type Variants = { readonly [coding in Coding]?: Content };

export type Coding = (typeof codings)[number];

/** Content codings (RFC 9110 8.4.1, RFC 8878), in the order in which a server prefers equals. */
export const codings = ['br', 'zstd', 'gzip'] as const;

/**
 * A blob that a release names and the store does not hold; whoever reads it serves nothing rather
 * than a part.
 */
export function missingBlob(digest: string): TurnoutError {
  return new TurnoutError(
    'frontend-blob-missing',
    `The blob ${digest} of a frontend is not in the store.`,
    'Publish the frontend again: that writes the blobs that are missing.',
  );
}

/**
 * Reads a release blob; throws TurnoutError `frontend-release-unreadable` when it is of another
 * version.
 */
export function parseFrontendRelease(bytes: Uint8Array): FrontendRelease {
  return parse<FrontendRelease>(bytes, 'release');
}

/**
 * Reads a variants blob; throws TurnoutError `frontend-release-unreadable` when it is of another
 * version.
 */
export function parseFrontendVariants(bytes: Uint8Array): FrontendVariants {
  return parse<FrontendVariants>(bytes, 'variants');
}

/** The blob's digest has vouched for every byte, so the version is all there is to check. */
function parse<T extends { readonly version: 1 }>(bytes: Uint8Array, what: string): T {
  const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as T | { version: unknown };
  if (value.version === 1) return value as T;
  throw new TurnoutError(
    'frontend-release-unreadable',
    `The ${what} of a frontend has version ${String(value.version)}, and this Turnout reads version 1.`,
    'Publish the frontend again with this Turnout, or run the newer Turnout that published it.',
  );
}
