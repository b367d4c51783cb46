import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TurnoutError } from '../../lib/errors.ts';
import { makeFolder } from '../../lib/make-folder.ts';
import { takeOwnerLock } from '../sqlite/owner-lock.ts';

/** Nobody who holds the lock works for long; one that is stopped in a debugger does. */
const waitMs = 20_000;
const pollMs = 10;

/**
 * Does something that no other process may do meanwhile, under the lock that `file` stands for. A
 * holder that is killed lets go of it. Rejects with TurnoutError `secrets-busy` when the lock does
 * not become free.
 */
export async function withLock<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  makeFolder(dirname(file), 0o700);
  const deadlineMs = performance.now() + waitMs;
  let lock = takeOwnerLock(file);
  while (lock === null) {
    if (performance.now() > deadlineMs) throw busy(file);
    await sleep(pollMs);
    lock = takeOwnerLock(file);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

function busy(file: string): TurnoutError {
  return new TurnoutError(
    'secrets-busy',
    `Another process has been changing the secrets for ${waitMs / 1_000} s (lock ${file}).`,
    'Look with `fuser` who holds that file, and end it if it hangs; then try again.',
  );
}
