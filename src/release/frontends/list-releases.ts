import type { FrontendPreview } from '../../contract/frontend-preview.ts';
import type { FrontendReleases, KeptRelease } from '../../contract/frontend-status.ts';
import type { FrontendPointer, PublishedRelease } from '../../contract/keys.ts';
import { releasesOf } from './move-pointer.ts';

/** What is kept of a frontend, for people; `pointer` is null before its first release. */
export function listReleases(
  frontend: string,
  prefix: string | null,
  pointer: FrontendPointer | null,
  previews: readonly FrontendPreview[] = [],
): FrontendReleases {
  return {
    frontend,
    prefix,
    pinned: pointer?.pinned ?? null,
    releases: releasesOf(pointer).map((release, place) => keptRelease(release, place === 0)),
    previews: previews.map(({ id, release, expiresAtMs, who, why }) => {
      return { id, release, expires: new Date(expiresAtMs).toISOString(), who, why };
    }),
  };
}

function keptRelease(kept: PublishedRelease, live: boolean): KeptRelease {
  const { release, made } = kept;
  const left = kept.left ?? false;
  if (made === undefined) {
    return { release, live, left, at: null, who: null, why: null, files: null, bytes: null };
  }
  const { atMs, who, why, files, bytes } = made;
  return { release, live, left, at: new Date(atMs).toISOString(), who, why, files, bytes };
}
