import { replaceOwnerLock } from '../adapters/sqlite/owner-lock.ts';
import type { OwnerLock } from '../adapters/sqlite/owner-lock.ts';
import type { KeeperRecord } from '../contract/site-settings.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { readJsonFile } from '../lib/json-file.ts';
import { isRunning, signalProcess } from '../lib/process-identity.ts';
import type { Clock } from '../ports/clock/port.ts';

/** How a keeper takes over from one that runs. */
export interface TakeOver {
  /** Also what this very Turnout had started is replaced. */
  readonly replaceAll: boolean;
}

/** A keeper looks for a successor every half second. */
const goesWithinMs = 10_000;
const pollMs = 20;

/**
 * Takes the keeper's lock from the keeper that runs, and resolves once that one is gone: two would
 * stop each other's processes. One that does not see its successor is killed, which costs the site
 * nothing. What it kept runs on.
 */
export async function takeOverLock(folder: StateFolder, clock: Clock): Promise<OwnerLock> {
  const old = readJsonFile(folder.keeperRecord) as KeeperRecord | null;
  const lock = replaceOwnerLock(folder.keeperLock);
  const deadlineMs = clock.monotonicMs() + goesWithinMs;
  if (old === null) return lock;
  for (; isRunning(old); await clock.sleep(pollMs)) {
    if (clock.monotonicMs() > deadlineMs) signalProcess(old, 'SIGKILL');
  }
  return lock;
}
