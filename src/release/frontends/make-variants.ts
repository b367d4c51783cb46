import { availableParallelism } from 'node:os';
import {
  missingBlob,
  parseFrontendVariants,
  type Coding,
  type Content,
  type FrontendFile,
  type FrontendVariants,
  type Variants,
} from '../../contract/frontend-release.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { mapBounded } from '../../lib/map-bounded.ts';
import type { Blobs } from '../../ports/blobs/port.ts';
import { compress, compressibleBytes, compressionSettings } from './compress.ts';
import { isCompressible } from './content-type.ts';
import { storeBytes } from './store-content.ts';

export interface VariantsToMake {
  /** Their contents are among the blobs already. */
  readonly files: readonly FrontendFile[];
  readonly blobs: Blobs;
  /**
   * Digests of variants blobs of earlier releases: what they hold of the same content is taken
   * over.
   */
  readonly earlier: readonly string[];
  /** Told how many contents must be compressed, before that starts. */
  readonly compressing: (count: number) => void;
  /** Told after each how many of them are done. */
  readonly compressed: (done: number, count: number) => void;
}

/** Files that a store is asked about at a time. */
const LOOKS_AT_ONCE = 16;

/** Precompresses what is worth it, each content once, however many files share it. */
export async function makeVariants(wanted: VariantsToMake): Promise<FrontendVariants> {
  const { blobs } = wanted;
  const known = await knownVariants(blobs, wanted.earlier);
  const contents = new Map<string, Variants>();
  const missing = new Map<string, Content>();
  await mapBounded(wanted.files, LOOKS_AT_ONCE, async ({ type, content }) => {
    const { digest, bytes } = content;
    if (!isCompressible(type) || bytes > compressibleBytes) return;
    const variants = known.get(digest);
    if (variants !== undefined && (await areStored(blobs, variants)))
      contents.set(digest, variants);
    else missing.set(digest, content);
  });
  if (missing.size > 0) wanted.compressing(missing.size);
  let done = 0;
  await mapBounded([...missing], availableParallelism(), async ([digest, content]) => {
    contents.set(digest, await storeVariants(blobs, content));
    done += 1;
    wanted.compressed(done, missing.size);
  });
  const sorted = [...contents].sort(([a], [b]) => (a < b ? -1 : 1));
  return { version: 1, settings: compressionSettings, contents: Object.fromEntries(sorted) };
}

async function storeVariants(blobs: Blobs, { digest }: Content): Promise<Variants> {
  const bytes = await blobs.get(digest);
  if (bytes === null) throw missingBlob(digest);
  const encoded = await compress(bytes);
  const stored = await Promise.all(
    [...encoded].map(async ([coding, bytes]): Promise<[Coding, Content]> => {
      return [coding, await storeBytes(blobs, bytes)];
    }),
  );
  return Object.fromEntries(stored);
}

async function areStored(blobs: Blobs, variants: Variants): Promise<boolean> {
  const contents = Object.values(variants);
  const stored = await Promise.all(contents.map(({ digest }) => blobs.has(digest)));
  return !stored.includes(false);
}

async function knownVariants(
  blobs: Blobs,
  earlier: readonly string[],
): Promise<ReadonlyMap<string, Variants>> {
  const known = new Map<string, Variants>();
  const sound = await Promise.all(earlier.map((digest) => readIfSound(blobs, digest)));
  for (const variants of sound) {
    if (variants?.settings !== compressionSettings) continue;
    for (const [content, made] of Object.entries(variants.contents)) known.set(content, made);
  }
  return known;
}

/**
 * Earlier variants only save time: where they are lost, damaged or of another version, all is made
 * anew.
 */
async function readIfSound(blobs: Blobs, digest: string): Promise<FrontendVariants | null> {
  try {
    const bytes = await blobs.get(digest);
    return bytes === null ? null : parseFrontendVariants(bytes);
  } catch (error) {
    if (error instanceof TurnoutError && unusable.has(error.code)) return null;
    throw error;
  }
}

const unusable = new Set(['blob-corrupt', 'frontend-release-unreadable']);
