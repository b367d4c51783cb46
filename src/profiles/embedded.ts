import { createProcessDriver } from '../adapters/process/driver.ts';
import { openSqliteJournal } from '../adapters/sqlite/journal.ts';
import { openSqliteState } from '../adapters/sqlite/state.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemRandomness } from '../adapters/system/randomness.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import type { Blobs } from '../ports/blobs/port.ts';
import type { Clock } from '../ports/clock/port.ts';
import type { Driver } from '../ports/driver/port.ts';
import type { Journal } from '../ports/journal/port.ts';
import type { Randomness } from '../ports/randomness/port.ts';
import type { State } from '../ports/state/port.ts';
import { openBlobs, type SiteBlobs } from './open-blobs.ts';

/** What every process of ours works with, on one machine without anything installed. */
export interface SitePorts {
  readonly state: State;
  readonly journal: Journal;
  readonly blobs: Blobs;
  /** How the stores of the blobs stand; null where there is one. */
  readonly blobStores: SiteBlobs['blobStores'];
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/**
 * Opens the embedded ports of a site: files and SQLite in its state folder, shared by all its
 * processes.
 */
export async function openSitePorts(folder: StateFolder): Promise<SitePorts> {
  const [state, journal, { blobs, blobStores }] = await Promise.all([
    openSqliteState({ folder: folder.root }),
    openSqliteJournal({ folder: folder.root }),
    openBlobs(folder, systemClock),
  ]);
  return { state, journal, blobs, blobStores, clock: systemClock, randomness: systemRandomness };
}

/**
 * Who runs instances: processes of this machine. One process at a time may hold it, under the
 * controller's lock.
 */
export function openDriver(folder: StateFolder): Driver {
  return createProcessDriver({ folder: folder.instances, clock: systemClock });
}
