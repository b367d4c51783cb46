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
  /** The blobs of it and of the earlier ones that say what they hold, its own first. */
  readonly itself: readonly Content[];
  /** What is needed to show its pages, most needed first. */
  readonly entries: readonly Content[];
  /** Why assets of earlier releases cannot be had; the present release does without them. */
  readonly lost: readonly Error[];
  /** What was read, for the next pointer. */
  readonly known: KnownReleases;
}

/** Of a release that is served, what the next one is loaded with. */
export type StandingRelease = Pick<LoadedRelease, 'files' | 'known'>;

/** Releases by their digests: they never change, so none is read twice. */
type KnownReleases = ReadonlyMap<string, KnownRelease>;

/** What counts of a release once it is an earlier one. */
interface KnownRelease {
  /** The blobs of the release and of its variants. */
  readonly itself: readonly Content[];
  readonly hashed: ReadonlyMap<string, ServedFile>;
  /** All that it takes to serve it; kept of the present release and of the one before. */
  readonly whole: WholeRelease | null;
}

interface WholeRelease {
  readonly byPath: ReadonlyMap<string, ServedFile>;
  readonly rules: CompiledRules;
  readonly entries: readonly Content[];
}

/**
 * Reads what a pointer names. Hashed assets of earlier releases are there too, below those of the
 * present one, because pages loaded before the switch still ask for them. What `before` had read is
 * not read again, so a switch costs one release however many are kept, and a way back to the
 * release before nothing.
 *
 * Rejects with TurnoutError `frontend-blob-missing`, `frontend-release-unreadable` or
 * `blob-corrupt`.
 */
export async function loadRelease(
  blobs: BlobSource,
  pointer: FrontendPointer,
  before: StandingRelease | null = null,
): Promise<LoadedRelease> {
  const [present, earlier] = await Promise.all([
    presentRelease(blobs, pointer, before),
    earlierReleases(blobs, pointer, before),
  ]);
  const read = new Map<string, KnownRelease>();
  const byPath = new Map<string, ServedFile>();
  const itself: Content[] = [...present.itself];
  const lost: Error[] = [];
  for (const outcome of earlier) {
    if (outcome.status === 'rejected') {
      lost.push(outcome.reason as Error);
      continue;
    }
    const { named, known } = outcome.value;
    const isTheOneBefore = named.release === before?.files.release;
    read.set(nameOf(named), isTheOneBefore ? known : { ...known, whole: null });
    itself.push(...known.itself);
    for (const [path, file] of known.hashed) byPath.set(path, file);
  }
  read.set(nameOf(pointer), present);
  for (const [path, file] of present.whole.byPath) byPath.set(path, file);
  const files = { release: pointer.release, byPath, rules: present.whole.rules };
  return { files, itself, entries: present.whole.entries, lost, known: read };
}

async function presentRelease(
  blobs: BlobSource,
  pointer: FrontendPointer,
  before: StandingRelease | null,
): Promise<KnownRelease & { readonly whole: WholeRelease }> {
  const known = before?.known.get(nameOf(pointer));
  if (known !== undefined && known.whole !== null) return { ...known, whole: known.whole };
  return knownOf(await readRelease(blobs, pointer), before?.files.byPath ?? null);
}

/** The oldest first. */
function earlierReleases(
  blobs: BlobSource,
  pointer: FrontendPointer,
  before: StandingRelease | null,
) {
  return Promise.allSettled(
    pointer.previous.toReversed().map(async (named) => {
      const known = before?.known.get(nameOf(named));
      if (known !== undefined) return { named, known };
      const standing = before?.files.byPath ?? null;
      return { named, known: knownOf(await readRelease(blobs, named), standing) };
    }),
  );
}

function nameOf({ release, variants }: PublishedRelease): string {
  return `${release} ${variants}`;
}

/** A file that stands already, byte for byte, is the same object: most assets outlive a release. */
function knownOf(
  { release, variants, itself }: ReadRelease,
  standing: ReadonlyMap<string, ServedFile> | null,
) {
  const hashed = new Map<string, ServedFile>();
  const byPath = new Map<string, ServedFile>();
  for (const file of release.files) {
    const made = servedFile(file, variants);
    const stands = standing?.get(file.path);
    const served = stands !== undefined && isSame(stands, made) ? stands : made;
    byPath.set(file.path, served);
    if (file.hashed) hashed.set(file.path, served);
  }
  const entries = entryContents(release, variants);
  return { itself, hashed, whole: { byPath, rules: compileRules(release), entries } };
}

function isSame(one: ServedFile, other: ServedFile): boolean {
  return (
    one.type === other.type &&
    one.hashed === other.hashed &&
    one.representations.length === other.representations.length &&
    one.representations.every(({ coding, content }, at) => {
      const against = other.representations[at];
      return against?.coding === coding && against.content.digest === content.digest;
    })
  );
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
