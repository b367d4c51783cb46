import type { FrontendReleases, KeptRelease } from '../../contract/frontend-status.ts';
import { utcTime } from '../jobs/describe-run.ts';
import { table } from '../render-status.ts';

/** One line for each frontend: what is live, and since when. */
export function renderFrontends(frontends: readonly FrontendReleases[]): readonly string[] {
  if (frontends.length === 0) return ['There are no frontends.'];
  return table(
    frontends.map(({ frontend, prefix, pinned, releases }) => {
      const [live] = releases;
      return [
        frontend,
        prefix ?? 'in no manifest any more',
        ...(live === undefined ? ['not published yet'] : releaseCells(live)),
        releases.length < 2 ? '' : `${releases.length - 1} kept before it`,
        pinned === null ? '' : 'pinned',
      ];
    }),
  );
}

/** Every release that is kept of one frontend. */
export function renderReleases(kept: FrontendReleases): readonly string[] {
  const { frontend, prefix, pinned, releases, previews } = kept;
  return [
    `${frontend}  ${prefix ?? 'in no manifest any more'}`,
    ...(pinned === null
      ? []
      : [
          `  pinned since ${utcTime(new Date(pinned.atMs).toISOString())} by ${pinned.who}` +
            `${pinned.why === null ? '' : `: ${pinned.why}`}`,
          `  its folder is not published until \`turnout frontend unpin ${frontend}\``,
        ]),
    ...(releases.length === 0 ? ['  not published yet'] : []),
    ...table(
      releases.map((release) =>
        [release.live ? 'live' : release.left ? 'rolled back from' : ''].concat(
          releaseCells(release),
          release.why ?? '',
        ),
      ),
    ).map((line) => `  ${line}`),
    ...previews.map(
      ({ id, release, expires, who, why }) =>
        `  preview ${id} of ${release.slice(7, 19)} until ${utcTime(expires)} by ${who}` +
        `${why === null ? '' : `: ${why}`}`,
    ),
  ];
}

function releaseCells({ release, at, who, files, bytes }: KeptRelease): readonly string[] {
  return [
    release.slice(7, 19),
    at === null ? 'by an older Turnout' : utcTime(at),
    who ?? '',
    files === null ? '' : `${files} ${files === 1 ? 'file' : 'files'}`,
    bytes === null ? '' : inWords(bytes),
  ];
}

/** `1.4 MB`: to be read, not to be counted with. */
export function inWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
