import { rm, writeFile } from 'node:fs/promises';
import { existsSync, rmSync } from 'node:fs';
import { findDatabaseDamage, readStateValues } from '../adapters/sqlite/copy-database.ts';
import { takeOwnerLock } from '../adapters/sqlite/owner-lock.ts';
import type { BackupHolder } from '../contract/backup-record.ts';
import { PROCESSES_PREFIX } from '../contract/keys.ts';
import type { ProcessRecord } from '../contract/keys.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { isRunning, ownProcessIdentity } from '../lib/process-identity.ts';

/** A site that is down, and stays so until it is released. */
export interface StillSite {
  release(): void;
}

/**
 * Keeps a site that is down from coming up; null when it is up, or any process of it runs. The lock
 * is a keeper's, and ends with this process.
 */
export async function holdSiteStill(folder: StateFolder): Promise<StillSite | null> {
  const lock = takeOwnerLock(folder.keeperLock);
  if (lock === null) return null;
  if (registeredProcesses(folder).some(isRunning) || isControlled(folder)) {
    lock.release();
    return null;
  }
  // Tells whoever wants to bring it up why it does not.
  const holder: BackupHolder = ownProcessIdentity();
  await rm(folder.backupHolder, { force: true });
  await writeFile(folder.backupHolder, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  return {
    release: () => {
      rmSync(folder.backupHolder, { force: true });
      lock.release();
    },
  };
}

/** None where the state is gone or damaged, which is when it is to be replaced. */
function registeredProcesses({ stateDatabase }: StateFolder): readonly ProcessRecord[] {
  const isSound = existsSync(stateDatabase) && findDatabaseDamage(stateDatabase).length === 0;
  return isSound ? (readStateValues(stateDatabase, PROCESSES_PREFIX) as ProcessRecord[]) : [];
}

/** By the controller's own lock, which needs no state. */
function isControlled({ controllerLock }: StateFolder): boolean {
  const lock = takeOwnerLock(controllerLock);
  lock?.release();
  return lock === null;
}
