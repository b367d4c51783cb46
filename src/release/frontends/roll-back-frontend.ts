import { missingBlob, parseFrontendRelease } from '../../contract/frontend-release.ts';
import type { FrontendPointer, PublishedRelease } from '../../contract/keys.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { mapBounded } from '../../lib/map-bounded.ts';
import type { Blobs } from '../../ports/blobs/port.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { Journal } from '../../ports/journal/port.ts';
import type { State } from '../../ports/state/port.ts';
import { movePointer, previousOf, releasesOf } from './move-pointer.ts';

export interface FrontendChange {
  readonly name: string;
  readonly blobs: Blobs;
  readonly state: State;
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly who: string;
  readonly why: string | null;
}

/**
 * Serves an earlier release again, and pins it: the one that `wanted` names by the beginning of its
 * digest, else the one served before the live one that was not left by a rollback itself, so that
 * going back twice goes back by two. Nothing is built or compressed. Rejects with
 * TurnoutError `frontend-release-unknown`, `frontend-no-earlier-release` or
 * `frontend-blob-missing`; then the live one stays.
 */
export async function rollBackFrontend(
  change: FrontendChange,
  wanted: string | null,
): Promise<PublishedRelease> {
  const { name, blobs, state, clock, who, why } = change;
  const move = await movePointer(state, name, async (pointer) => {
    if (pointer === null) throw notPublished(name);
    const target = chooseRelease(name, pointer, wanted);
    await assertWhole(blobs, target);
    const { release, variants, made } = target;
    const leaves = wanted === null || isEarlier(target, pointer);
    return {
      frontend: name,
      release,
      variants,
      ...(made === undefined ? {} : { made }),
      previous: (await previousOf(blobs, pointer, release)).map((each) =>
        leaves && each.release === pointer.release ? leave(each) : each,
      ),
      pinned: { atMs: clock.nowMs(), who, why },
    };
  });
  const { release } = move.after as FrontendPointer;
  await change.journal.append({
    kind: 'frontend.rolled-back',
    subject: name,
    who,
    ...(why === null ? {} : { why }),
    data: { release, from: move.before?.release ?? null },
  });
  return move.after as FrontendPointer;
}

/**
 * Lets the folder of the site be published again; the release that is live stays until that
 * happens. False where it was not pinned. Rejects with TurnoutError `frontend-not-published`.
 */
export async function unpinFrontend(change: FrontendChange): Promise<boolean> {
  const { name, state, journal, who, why } = change;
  const move = await movePointer(state, name, async (pointer) => {
    if (pointer === null) throw notPublished(name);
    return (pointer.pinned ?? null) === null ? null : { ...pointer, pinned: null };
  });
  if (move.before === move.after) return false;
  await journal.append({
    kind: 'frontend.unpinned',
    subject: name,
    who,
    ...(why === null ? {} : { why }),
    data: { release: move.after?.release ?? null },
  });
  return true;
}

function chooseRelease(
  name: string,
  pointer: FrontendPointer,
  wanted: string | null,
): PublishedRelease {
  const kept = releasesOf(pointer);
  const [, ...previous] = kept;
  if (wanted !== null) return releaseNamed(name, kept, wanted);
  const earlier = previous.find(({ left }) => left === undefined);
  if (earlier !== undefined) return earlier;
  throw new TurnoutError(
    'frontend-no-earlier-release',
    `No release of the frontend ${name} is kept that was served before the live one.`,
    previous.length === 0
      ? 'Publish the folder that is wanted: `turnout frontend publish`.'
      : 'Name the release that is wanted; `turnout frontend list` shows those that are kept.',
  );
}

/** What is gone back from is left; what is gone forward from may be gone back to. */
function isEarlier(target: PublishedRelease, live: PublishedRelease): boolean {
  return (target.made?.atMs ?? 0) <= (live.made?.atMs ?? Infinity);
}

function leave(release: PublishedRelease): PublishedRelease {
  return { ...release, left: true };
}

function releaseNamed(
  name: string,
  kept: readonly PublishedRelease[],
  wanted: string,
): PublishedRelease {
  const hex = wanted.replace(/^sha256:/, '').toLowerCase();
  const found = /^[0-9a-f]{4,64}$/.test(hex)
    ? kept.filter(({ release }) => release.startsWith(`sha256:${hex}`))
    : [];
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const short = kept.map(({ release }) => release.slice(7, 19)).join(', ');
  throw new TurnoutError(
    'frontend-release-unknown',
    `${found.length === 0 ? 'No' : 'More than one'} release of the frontend ${name} that is kept begins with ${JSON.stringify(wanted)}.`,
    `These are kept: ${short}. Give four digits or more.`,
  );
}

/** A release is served whole or not at all. */
async function assertWhole(blobs: Blobs, { release, variants }: PublishedRelease): Promise<void> {
  const bytes = await blobs.get(release);
  if (bytes === null) throw missingBlob(release);
  if (!(await blobs.has(variants))) throw missingBlob(variants);
  // A release of thousands of files is put back as quickly as one of ten.
  await mapBounded(parseFrontendRelease(bytes).files, LOOKS_AT_ONCE, async ({ content }) => {
    if (!(await blobs.has(content.digest))) throw missingBlob(content.digest);
  });
}

const LOOKS_AT_ONCE = 64;

function notPublished(name: string): TurnoutError {
  return new TurnoutError(
    'frontend-not-published',
    `The frontend ${name} has no release yet.`,
    `Publish one: \`turnout frontend publish ${name}\`, or \`turnout up\`.`,
  );
}
