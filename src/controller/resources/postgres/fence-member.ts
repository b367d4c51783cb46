import { rm } from 'node:fs/promises';
import { syncDirectory } from '../../../lib/atomic-file.ts';
import { dataFolderIn } from './postgres-cluster.ts';
import { markReadOnly, markerIn } from './standby-settings.ts';
import type { Members } from './members.ts';

/**
 * Stops a member's server, and whoever starts it from now on gets one that takes no writes. The
 * record says already that it must not be started as a primary.
 */
export async function fenceMember(members: Members, name: string): Promise<void> {
  await mark(members, name);
  await members.fence(name);
  // One that was about to take writes has removed the marker as it was being stopped.
  await mark(members, name);
}

/** Its data are those of a primary again, should anybody start a server on them. */
export async function unfenceMember(members: Members, name: string): Promise<void> {
  const dataFolder = dataFolderIn(members.folderOf(name));
  await rm(markerIn(dataFolder), { force: true }).catch(ignoreAbsent);
  await syncDirectory(dataFolder).catch(ignoreAbsent);
}

async function mark(members: Members, name: string): Promise<void> {
  const dataFolder = dataFolderIn(members.folderOf(name));
  await markReadOnly(dataFolder, members.options.user);
  await syncDirectory(dataFolder).catch(ignoreAbsent);
}

function ignoreAbsent(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
