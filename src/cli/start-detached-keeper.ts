import { fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { processLog } from '../contract/state-folder.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { TurnoutError } from '../lib/errors.ts';
import type { KeeperReport, Succession } from '../profiles/keeper-process.ts';
import { processProgram } from '../profiles/process-program.ts';
import type { KeeperRequest } from '../profiles/run-keeper.ts';

/**
 * Starts a keeper that runs on after this command, and resolves once it keeps the site, or has
 * replaced all where it takes over. Rejects with what it refuses, or `keeper-died`.
 */
export async function startDetachedKeeper(
  folder: StateFolder,
  request: KeeperRequest,
  succession: Succession | null = null,
): Promise<void> {
  const log = openSync(processLog(folder, 'keeper'), 'a', 0o600);
  const child = fork(
    processProgram('keeper-process'),
    [folder.root, JSON.stringify(request), JSON.stringify(succession)],
    {
      cwd: folder.root,
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    },
  );
  closeSync(log);
  const report = await new Promise<KeeperReport>((resolve, reject) => {
    child.once('message', (message) => resolve(message as KeeperReport));
    child.once('error', reject);
    child.once('exit', (code) => reject(keeperDied(folder, code)));
  });
  child.removeAllListeners();
  child.unref();
  if (report.kind === 'refused') throw new TurnoutError(report.code, report.message, report.remedy);
}

function keeperDied(folder: StateFolder, code: number | null): TurnoutError {
  return new TurnoutError(
    'keeper-died',
    `The keeper ended at once (exit code ${code}).`,
    `Its log says why: ${processLog(folder, 'keeper')}.`,
  );
}
