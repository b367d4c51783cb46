import { availableParallelism } from 'node:os';
import type { FrontendFile, FrontendRelease } from '../../contract/frontend-release.ts';
import type { FrontendPin, FrontendPointer, ReleaseRecord } from '../../contract/keys.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { mapBounded } from '../../lib/map-bounded.ts';
import type { Blobs } from '../../ports/blobs/port.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { Journal } from '../../ports/journal/port.ts';
import { bundleClient } from '../bundle-client.ts';
import { contentTypeOf } from './content-type.ts';
import { findFiles, type FoundFile } from './find-files.ts';
import { carriesContentHash } from './hashed-name.ts';
import { makeVariants } from './make-variants.ts';
import {
  movePointer,
  type PointerState,
  previousOf,
  readPointer,
  releasesOf,
} from './move-pointer.ts';
import { readRules } from './rules/read-rules.ts';
import { storeBytes, storeFile } from './store-content.ts';

export interface FrontendToPublish {
  readonly name: string;
  /** Folder on this machine. */
  readonly directory: string;
  /** As the manifest has it; default: at the root, with neither page. */
  readonly place?: FrontendPlace;
  readonly blobs: Blobs;
  readonly state: PointerState;
  readonly journal?: Journal;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  /** Who publishes, for the journal; default `controller`. */
  readonly who?: string;
  readonly why?: string | null;
  /**
   * By hand: the release is pinned, so that publishing the folder of the site does not replace it.
   * Default false: then a pinned release stays.
   */
  readonly pin?: boolean;
  /** Told in plain words what takes time. */
  readonly progress: (message: string) => void;
}

/** What of the manifest a release is held against. */
export interface FrontendPlace {
  readonly prefix: string;
  /** Files of the release for paths that match none; null for none. */
  readonly fallback: string | null;
  readonly notFound: string | null;
  /** File of the release that holds `turnout/client`; nothing is added without it. */
  readonly client?: string | null;
}

export interface PublishedFrontend {
  /** Digest of the release that is served: the same folder gives the same one everywhere. */
  readonly release: string;
  readonly files: number;
  /** Of all files, before compression. */
  readonly bytes: number;
  /** False when this release was being served already. */
  readonly changed: boolean;
  /** Who keeps the release that is served in its place; null when its folder does. */
  readonly pinned: FrontendPin | null;
}

/** How often long work says how far it is. */
const progressEveryMs = 3_000;

/**
 * Makes an immutable release of a folder and switches `frontends/<name>` to it, all or nothing:
 * workers see the pointer move only when every blob that it leads to is on disk.
 *
 * Publishing an unchanged folder reads it and changes nothing. Rejects with a TurnoutError
 * `frontend-…` that names the file when the folder cannot be published; what was served before
 * stays.
 */
export async function publishFrontend(wanted: FrontendToPublish): Promise<PublishedFrontend> {
  const { name, state } = wanted;
  const pin = wanted.pin ?? false;
  const standing = await readPointer(state, name);
  if (!pin && isPinned(standing)) return describePointer(standing);
  const made = await makeRelease(wanted, standing);
  const move = await movePointer(state, name, async (pointer) => {
    if (!pin && isPinned(pointer)) return null;
    const isSame = pointer?.release === made.release && pointer.variants === made.variants;
    if (isSame && (!pin || isPinned(pointer))) return null;
    const { release, variants, made: record } = made;
    const previous = await previousOf(wanted.blobs, pointer, release);
    return { frontend: name, release, variants, made: record, previous, pinned: pinOf(wanted) };
  });
  const changed = move.before?.release !== move.after?.release;
  if (changed || move.before !== move.after) await writeJournal(wanted, made, changed);
  const { files, bytes } = made.made;
  return {
    release: move.after?.release ?? made.release,
    files,
    bytes,
    changed,
    pinned: move.after?.pinned ?? null,
  };
}

/** A release whose blobs are all stored, and which nothing points at yet. */
export interface MadeRelease {
  readonly release: string;
  readonly variants: string;
  readonly made: ReleaseRecord;
}

/** Stores the release of a folder; what is compressed of the standing one is used again. */
export async function makeRelease(
  wanted: FrontendToPublish,
  standing: FrontendPointer | null,
): Promise<MadeRelease> {
  const { name, blobs, clock } = wanted;
  const say = sayNowAndThen(wanted);
  const place = wanted.place ?? { prefix: '/', fallback: null, notFound: null };
  const { prefix, fallback, notFound } = place;
  const { files: found, rules } = await readRules(
    await findFiles(name, wanted.directory),
    { frontend: name, prefix, fallback, notFound },
    wanted.progress,
  );
  assertPages(wanted, place, found);
  let stored = 0;
  const files = await mapBounded(found, availableParallelism(), async (file) => {
    const described = await describeFile(blobs, file);
    stored += 1;
    say(`${name}: stored ${stored} of ${found.length} files`);
    return described;
  });
  await addClient(wanted, files);
  const release: FrontendRelease = { version: 1, files, ...(rules === null ? {} : { rules }) };
  const variants = await makeVariants({
    files,
    blobs,
    earlier: releasesOf(standing).map((each) => each.variants),
    compressing: (count) =>
      wanted.progress(`${name}: compressing ${count} of ${files.length} files`),
    compressed: (done, count) => say(`${name}: compressed ${done} of ${count} files`),
  });
  const [releaseDigest, variantsDigest] = await Promise.all([
    storeJson(blobs, release),
    storeJson(blobs, variants),
  ]);
  return {
    release: releaseDigest,
    variants: variantsDigest,
    made: {
      atMs: clock.nowMs(),
      who: wanted.who ?? 'controller',
      why: wanted.why ?? null,
      files: files.length,
      bytes: files.reduce((sum, file) => sum + file.content.bytes, 0),
    },
  };
}

/** Pages that the manifest names: without them the release would answer 404 where it must not. */
function assertPages(
  { name, directory }: FrontendToPublish,
  { fallback, notFound }: FrontendPlace,
  found: readonly FoundFile[],
): void {
  for (const [key, file] of Object.entries({ fallback, 'not-found': notFound })) {
    if (file === null || found.some(({ path }) => path === file.replace(/^\//, ''))) continue;
    throw new TurnoutError(
      'frontend-page-missing',
      `The frontend ${name} cannot be published: site.yaml names \`${key}: ${file}\`, and ${directory} holds no such file.`,
      `Put the file there (run the build that makes it), or correct \`${key}\` in site.yaml.`,
    );
  }
}

/** The client for browsers goes with the Turnout that publishes, as the SDK does with releases. */
async function addClient(
  { name, blobs, place, directory }: FrontendToPublish,
  files: FrontendFile[],
): Promise<void> {
  const path = place?.client ?? null;
  if (path === null) return;
  if (files.some((file) => file.path === path)) {
    throw new TurnoutError(
      'frontend-client-taken',
      `The frontend ${name} cannot be published: site.yaml names \`client: ${path}\`, and ${directory} holds a file of that name.`,
      'Remove that file, for Turnout puts the client in its place; or name another in site.yaml.',
    );
  }
  const content = await storeBytes(blobs, await bundleClient());
  files.push({ path, type: contentTypeOf(path), hashed: false, content });
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function sayNowAndThen({ clock, progress }: FrontendToPublish): (message: string) => void {
  let saidMs = clock.monotonicMs();
  return (message) => {
    if (clock.monotonicMs() - saidMs < progressEveryMs) return;
    saidMs = clock.monotonicMs();
    progress(message);
  };
}

async function describeFile(blobs: Blobs, found: FoundFile): Promise<FrontendFile> {
  const { path } = found;
  const type = contentTypeOf(path);
  // A page is asked for by its own address, so it must be able to change whatever its name looks
  // like.
  const hashed = !type.startsWith('text/html') && carriesContentHash(path);
  return { path, type, hashed, content: await storeFile(blobs, found) };
}

async function storeJson(blobs: Blobs, value: unknown): Promise<string> {
  const { digest } = await storeBytes(blobs, Buffer.from(`${canonicalJson(value)}\n`));
  return digest;
}

function isPinned(pointer: FrontendPointer | null): pointer is FrontendPointer {
  return (pointer?.pinned ?? null) !== null;
}

function pinOf({ pin, clock, who, why }: FrontendToPublish): FrontendPin | null {
  return pin === true ? { atMs: clock.nowMs(), who: who ?? 'cli', why: why ?? null } : null;
}

function describePointer(pointer: FrontendPointer): PublishedFrontend {
  const { release, made, pinned = null } = pointer;
  return { release, files: made?.files ?? 0, bytes: made?.bytes ?? 0, changed: false, pinned };
}

async function writeJournal(
  { name, journal, who, why, pin }: FrontendToPublish,
  { release, variants, made: { files, bytes } }: MadeRelease,
  changed: boolean,
): Promise<void> {
  // The same release with files compressed anew is nothing that happened to anybody.
  if (!changed && pin !== true) return;
  await journal?.append({
    kind: changed ? 'frontend.published' : 'frontend.pinned',
    subject: name,
    who: who ?? 'controller',
    ...(why ? { why } : {}),
    data: changed ? { release, files, bytes } : { release, variants },
  });
}
