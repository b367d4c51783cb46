import { resolve } from 'node:path';
import type { BlobStoreStanding } from '../../contract/blob-stores.ts';
import type { SiteFrontend, SiteFrontends } from '../../profiles/site-frontends.ts';
import {
  publishFrontend,
  type PublishedFrontend,
} from '../../release/frontends/publish-frontend.ts';
import { person, reasonOf } from '../person.ts';
import { inWords } from './render-releases.ts';

export interface PublishOptions {
  readonly why?: string;
}

/** Publishes a folder in this process; cut off at any point it leaves the live release. */
export async function publishByHand(
  { ports }: SiteFrontends,
  frontend: SiteFrontend,
  dir: string | undefined,
  options: PublishOptions,
  progress: (message: string) => void,
): Promise<PublishedFrontend> {
  return publishFrontend({
    ...ports,
    name: frontend.name,
    place: frontend,
    directory: dir === undefined ? frontend.directory : resolve(dir),
    who: person(),
    why: reasonOf(options),
    pin: true,
    progress,
  });
}

/** The regions that have not all of it, with why; empty where one is all there is. */
export function regionsBehind({ ports }: SiteFrontends): readonly BlobStoreStanding[] {
  return (ports.blobStores?.standing() ?? []).filter(({ missing }) => missing > 0);
}

/** What a person is told of it. */
export function describePublished(
  name: string,
  published: PublishedFrontend,
  behind: readonly BlobStoreStanding[],
): string {
  const { release, files, bytes, changed } = published;
  const what = `release ${release.slice(7, 19)}, ${files} ${files === 1 ? 'file' : 'files'}, ${inWords(bytes)}`;
  return (
    `${name}: ${changed ? 'published' : 'no change, it is live already'}: ${what}\n` +
    `It is pinned: what stands in the site's folder replaces it only after \`turnout frontend unpin ${name}\`.` +
    behind
      .map(
        ({ region, missing, reason }) =>
          `\nOne region only: ${region} lacks ${missing} of its blobs (${reason ?? 'it failed'}); ` +
          'the controller copies them once it answers.',
      )
      .join('')
  );
}
