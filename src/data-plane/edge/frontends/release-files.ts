import {
  missingBlob,
  parseFrontendRelease,
  parseFrontendVariants,
  type Coding,
  type Content,
  type FrontendFile,
  type FrontendRelease,
  type FrontendVariants,
} from '../../../contract/frontend-release.ts';
import type { FrontendPointer, PublishedRelease } from '../../../contract/keys.ts';
import { entryContents } from './entry-contents.ts';
import type { BlobSource } from './kept-copies.ts';
import { compileHeaders, type HeaderRules } from './rules/compile-headers.ts';
import { compileRedirects, type Redirects } from './rules/compile-redirects.ts';

/**
 * One release as workers look things up in it. Never changed: a request that began with it ends
 * with it.
 */
export interface ReleaseFiles {
  readonly release: string;
  readonly byPath: ReadonlyMap<string, ServedFile>;
  readonly rules: CompiledRules;
}

/** What `_redirects` and `_headers` of the release say. */
export interface CompiledRules {
  /** Those that count although a file stands there, and those that do not. */
  readonly forced: Redirects;
  readonly redirects: Redirects;
  readonly headers: HeaderRules;
}

export interface ServedFile {
  readonly type: string;
  readonly hashed: boolean;
  readonly identity: Representation;
  /**
   * Smallest first, identity last: the order in which a server prefers what a client wants equally.
   */
  readonly representations: readonly Representation[];
}

export interface Representation {
  readonly coding: Coding | 'identity';
  readonly content: Content;
  /**
   * Strong, and of these very bytes: compressors differ, so it is the digest of the encoded bytes
   * that tells.
   */
  readonly etag: string;
}

export interface LoadedRelease {
  readonly files: ReleaseFiles;
  /** What is needed to show its pages, most needed first; before it what says what they hold. */
  readonly entries: readonly Content[];
  /** Why assets of earlier releases cannot be had; the present release does without them. */
  readonly lost: readonly Error[];
}

/**
 * Reads what a pointer names. Hashed assets of earlier releases are there too, below those of the
 * present one, because pages loaded before the switch still ask for them.
 *
 * Rejects with TurnoutError `frontend-blob-missing`, `frontend-release-unreadable` or
 * `blob-corrupt`.
 */
export async function loadRelease(
  blobs: BlobSource,
  pointer: FrontendPointer,
): Promise<LoadedRelease> {
  const byPath = new Map<string, ServedFile>();
  const itself: Content[] = [];
  const lost: Error[] = [];
  const earlier = await Promise.allSettled(
    pointer.previous.toReversed().map((each) => readRelease(blobs, each)),
  );
  for (const outcome of earlier) {
    if (outcome.status === 'rejected') {
      lost.push(outcome.reason as Error);
      continue;
    }
    const { release, variants } = outcome.value;
    itself.push(...outcome.value.itself);
    for (const file of release.files) {
      if (file.hashed) byPath.set(file.path, servedFile(file, variants));
    }
  }
  const present = await readRelease(blobs, pointer);
  const { release, variants } = present;
  for (const file of release.files) byPath.set(file.path, servedFile(file, variants));
  const files = { release: pointer.release, byPath, rules: compileRules(release) };
  const entries = [...present.itself, ...itself, ...entryContents(release, variants)];
  return { files, entries, lost };
}

function compileRules({ rules }: FrontendRelease): CompiledRules {
  const { redirects = [], headers = [] } = rules ?? {};
  return {
    forced: compileRedirects(redirects, true),
    redirects: compileRedirects(redirects, false),
    headers: compileHeaders(headers),
  };
}

interface ReadRelease {
  readonly release: FrontendRelease;
  readonly variants: FrontendVariants;
  /** The blobs of the two. */
  readonly itself: readonly Content[];
}

async function readRelease(blobs: BlobSource, named: PublishedRelease): Promise<ReadRelease> {
  const [release, variants] = await Promise.all([
    readBlob(blobs, named.release),
    readBlob(blobs, named.variants),
  ]);
  return {
    release: parseFrontendRelease(release),
    variants: parseFrontendVariants(variants),
    itself: [
      { digest: named.release, bytes: release.length },
      { digest: named.variants, bytes: variants.length },
    ],
  };
}

async function readBlob(blobs: BlobSource, digest: string): Promise<Uint8Array> {
  const bytes = await blobs.get(digest);
  if (bytes === null) throw missingBlob(digest);
  return bytes;
}

function servedFile(file: FrontendFile, variants: FrontendVariants): ServedFile {
  const identity = representation('identity', file.content);
  const encoded = Object.entries(variants.contents[file.content.digest] ?? {}).map(
    ([coding, content]) => representation(coding as Coding, content),
  );
  const representations = [...encoded, identity].sort((a, b) => a.content.bytes - b.content.bytes);
  return { type: file.type, hashed: file.hashed, identity, representations };
}

function representation(coding: Coding | 'identity', content: Content): Representation {
  const tag = content.digest.slice('sha256:'.length, 'sha256:'.length + etagDigits);
  return { coding, content, etag: coding === 'identity' ? `"${tag}"` : `"${tag}-${coding}"` };
}

/** 128 bits of the digest: no two contents will ever share them. */
const etagDigits = 32;
