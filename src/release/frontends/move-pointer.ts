import {
  FRONTENDS_PREFIX,
  type FrontendPointer,
  type PublishedRelease,
} from '../../contract/keys.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { Blobs } from '../../ports/blobs/port.ts';
import type { State } from '../../ports/state/port.ts';

/** Releases whose hashed assets stay reachable, and which are there for instant rollback. */
const keptReleases = 8;

/** Others may move the pointer meanwhile; so many times in a row that it is no accident. */
const pointerAttempts = 10;

/** What of state a pointer needs. */
export type PointerState = Pick<State, 'get' | 'compareAndSet'>;

/** Where a frontend's pointer went; the same twice where the step changed nothing. */
export interface PointerMove {
  readonly before: FrontendPointer | null;
  readonly after: FrontendPointer | null;
}

/**
 * Moves `frontends/<name>` as one step: `step` is given the pointer as it is and says what it shall
 * be, or null for no change; it is asked again when somebody else was quicker. What it throws goes
 * through. Rejects with TurnoutError `frontend-contended`.
 */
export async function movePointer(
  state: PointerState,
  frontend: string,
  step: (pointer: FrontendPointer | null) => Promise<FrontendPointer | null>,
): Promise<PointerMove> {
  const key = `${FRONTENDS_PREFIX}${frontend}`;
  for (let attempt = 0; attempt < pointerAttempts; attempt += 1) {
    const entry = await state.get(key);
    const before = entry === null ? null : (entry.value as FrontendPointer);
    const after = await step(before);
    if (after === null) return { before, after: before };
    const result = await state.compareAndSet(key, after, entry?.revision ?? 0);
    if (result.kind === 'written') return { before, after };
  }
  throw new TurnoutError(
    'frontend-contended',
    `The frontend ${frontend} was not switched: others kept publishing it at the same moment.`,
    'Let one process publish a frontend at a time, and publish again.',
  );
}

/** The pointer of a frontend; null before its first release. */
export async function readPointer(
  state: Pick<State, 'get'>,
  frontend: string,
): Promise<FrontendPointer | null> {
  const entry = await state.get(`${FRONTENDS_PREFIX}${frontend}`);
  return entry === null ? null : (entry.value as FrontendPointer);
}

/** Every release that a pointer holds, the live one first. */
export function releasesOf(pointer: FrontendPointer | null): readonly PublishedRelease[] {
  return pointer === null ? [] : [pointer, ...pointer.previous].map(onlyRelease);
}

/**
 * What was served joins the earlier releases, and the one that is served now leaves them: a
 * rollback lists none twice. Those that can no longer be read are dropped.
 */
export async function previousOf(
  blobs: Blobs,
  pointer: FrontendPointer | null,
  release: string,
): Promise<FrontendPointer['previous']> {
  const earlier = releasesOf(pointer).filter((each) => each.release !== release);
  // All at once: a store may be far away, and a visitor waits for the pointer.
  const readable = await Promise.all(
    earlier.map(async (each) => {
      const [itself, variants] = await Promise.all([
        blobs.has(each.release),
        blobs.has(each.variants),
      ]);
      return itself && variants;
    }),
  );
  return earlier.filter((_, at) => readable[at]).slice(0, keptReleases);
}

function onlyRelease({ release, variants, made, left }: PublishedRelease): PublishedRelease {
  return {
    release,
    variants,
    ...(made === undefined ? {} : { made }),
    ...(left === undefined ? {} : { left }),
  };
}
