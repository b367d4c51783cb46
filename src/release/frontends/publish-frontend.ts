import { availableParallelism } from 'node:os';
import type { FrontendFile, FrontendRelease } from '../../contract/frontend-release.ts';
import {
  FRONTENDS_PREFIX,
  type FrontendPointer,
  type PreviousFrontendRelease,
} from '../../contract/keys.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { mapBounded } from '../../lib/map-bounded.ts';
import type { Blobs } from '../../ports/blobs/port.ts';
import type { Journal } from '../../ports/journal/port.ts';
import type { State, StateEntry } from '../../ports/state/port.ts';
import { contentTypeOf } from './content-type.ts';
import { findFiles, type FoundFile } from './find-files.ts';
import { carriesContentHash } from './hashed-name.ts';
import { makeVariants } from './make-variants.ts';
import { storeBytes, storeFile } from './store-content.ts';

export interface FrontendToPublish {
  readonly name: string;
  /** Folder on this machine. */
  readonly directory: string;
  readonly blobs: Blobs;
  readonly state: State;
  readonly journal?: Journal;
  /** Who publishes, for the journal; default `controller`. */
  readonly who?: string;
  /** Told in plain words what takes time. */
  readonly progress: (message: string) => void;
}

export interface PublishedFrontend {
  /** Digest of the release: the same folder gives the same one everywhere. */
  readonly release: string;
  readonly files: number;
  /** Of all files, before compression. */
  readonly bytes: number;
  /** False when this release was being served already. */
  readonly changed: boolean;
}

/** Releases whose hashed assets stay reachable, and which are there for instant rollback. */
const keptReleases = 8;

/** Others may move the pointer meanwhile; so many times in a row that it is no accident. */
const pointerAttempts = 10;

/**
 * Makes an immutable release of a folder and switches `frontends/<name>` to it, all or nothing:
 * workers see the pointer move only when every blob that it leads to is on disk.
 *
 * Publishing an unchanged folder reads it and changes nothing. Rejects with a TurnoutError
 * `frontend-…` that names the file when the folder cannot be published; what was served before
 * stays.
 */
export async function publishFrontend(wanted: FrontendToPublish): Promise<PublishedFrontend> {
  const { name, blobs, state } = wanted;
  const key = `${FRONTENDS_PREFIX}${name}`;
  const found = await findFiles(name, wanted.directory);
  const files = await mapBounded(found, availableParallelism(), (file) =>
    describeFile(blobs, file),
  );
  const release: FrontendRelease = { version: 1, files };
  const variants = await makeVariants({
    files,
    blobs,
    earlier: variantsOf(pointerIn(await state.get(key))),
    compressing: (count) =>
      wanted.progress(`${name}: compressing ${count} of ${files.length} files`),
  });
  const made = {
    release: await storeJson(blobs, release),
    variants: await storeJson(blobs, variants),
  };
  const changed = await switchPointer(wanted, key, made);
  const bytes = files.reduce((sum, file) => sum + file.content.bytes, 0);
  if (changed) {
    await wanted.journal?.append({
      kind: 'frontend.published',
      subject: name,
      who: wanted.who ?? 'controller',
      data: { release: made.release, files: files.length, bytes },
    });
  }
  return { release: made.release, files: files.length, bytes, changed };
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

type Made = Pick<FrontendPointer, 'release' | 'variants'>;

/** True when another release was served before. */
async function switchPointer(wanted: FrontendToPublish, key: string, made: Made): Promise<boolean> {
  for (let attempt = 0; attempt < pointerAttempts; attempt += 1) {
    const entry = await wanted.state.get(key);
    const pointer = pointerIn(entry);
    const changed = pointer?.release !== made.release;
    if (!changed && pointer.variants === made.variants) return false;
    const next: FrontendPointer = {
      frontend: wanted.name,
      ...made,
      previous: await previousOf(wanted.blobs, pointer, made.release),
    };
    const result = await wanted.state.compareAndSet(key, next, entry?.revision ?? 0);
    if (result.kind === 'written') return changed;
  }
  throw new TurnoutError(
    'frontend-contended',
    `The frontend ${wanted.name} was not switched: others kept publishing it at the same moment.`,
    'Let one process publish a frontend at a time, and publish again.',
  );
}

function pointerIn(entry: StateEntry | null): FrontendPointer | null {
  return entry === null ? null : (entry.value as FrontendPointer);
}

function variantsOf(pointer: FrontendPointer | null): string[] {
  return pointer === null ? [] : [pointer, ...pointer.previous].map((each) => each.variants);
}

/**
 * What was served joins the earlier releases, and the one that is served now leaves them: a
 * rollback lists none twice. Those that can no longer be read are dropped.
 */
async function previousOf(
  blobs: Blobs,
  pointer: FrontendPointer | null,
  release: string,
): Promise<FrontendPointer['previous']> {
  const kept: PreviousFrontendRelease[] = [];
  for (const earlier of pointer === null ? [] : [pointer, ...pointer.previous]) {
    if (earlier.release === release || kept.length === keptReleases) continue;
    if (!(await blobs.has(earlier.release)) || !(await blobs.has(earlier.variants))) continue;
    kept.push({ release: earlier.release, variants: earlier.variants });
  }
  return kept;
}
