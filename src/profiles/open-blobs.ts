import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openFilesystemBlobs } from '../adapters/filesystem/blobs.ts';
import { createReplicatedBlobs, type ReplicatedBlobs } from '../adapters/replicated/blobs.ts';
import type { BlobStore } from '../adapters/replicated/replica.ts';
import {
  readSiteSettings,
  type BlobStoreSettings,
  type SiteSettings,
} from '../contract/site-settings.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { TurnoutError } from '../lib/errors.ts';
import type { Blobs } from '../ports/blobs/port.ts';
import type { Clock } from '../ports/clock/port.ts';

export interface SiteBlobs {
  readonly blobs: Blobs;
  /** How the stores stand that hold them; null where there is one. */
  readonly blobStores: Pick<ReplicatedBlobs, 'standing' | 'repair'> | null;
}

/**
 * The blobs of a site: files in its state folder, and in a second store where its settings name
 * one. That one is opened when it is first needed: it may be away.
 */
export async function openBlobs(folder: StateFolder, clock: Clock): Promise<SiteBlobs> {
  const settings = readSiteSettings(folder.settings);
  if (settings === null || settings.blobStores.length === 0) {
    return { blobs: await openFilesystemBlobs({ folder: folder.root }), blobStores: null };
  }
  const stores = settings.blobStores.map((store, place): BlobStore => {
    const open = async (): Promise<Blobs> =>
      openFilesystemBlobs({ root: place === 0 ? folder.blobs : rootOf(store, folder, settings) });
    return { region: store.region, open };
  });
  const blobs = createReplicatedBlobs({ stores, clock });
  return { blobs, blobStores: blobs };
}

/** Each site has a folder of its own there: one collects what it does not know. */
function rootOf(
  { region, folder: outside }: BlobStoreSettings,
  folder: StateFolder,
  { site }: SiteSettings,
): string {
  if (outside === null) return join(folder.blobs, region);
  // Made here, it would be a folder of this disk in the place of one that is not mounted.
  if (existsSync(outside)) return join(outside, site);
  throw new TurnoutError(
    'blob-folder-missing',
    `The blobs in ${region} cannot be reached: ${outside} is not there.`,
    'Mount it, or make the folder; what it lacks is copied then.',
  );
}
