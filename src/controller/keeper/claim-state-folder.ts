import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { STATE_FORMAT, stateFolder } from '../../contract/state-folder.ts';
import type { StateFolder } from '../../contract/state-folder.ts';
import { writeFileAtomically } from '../../lib/atomic-file.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { readJsonFile } from '../../lib/json-file.ts';
import { makeFolder } from '../../lib/make-folder.ts';
import { completeReplacement } from '../../lib/replace-folder.ts';
import { version } from '../../lib/version.ts';

/**
 * Makes `root` this site's state folder, or finds that it is: creates an empty one, adopts the one
 * a crashed or stopped Turnout left. Touches nothing in a folder that is another site's, somebody
 * else's, or a newer Turnout's.
 *
 * Rejects with TurnoutError `state-folder-foreign`, `state-folder-newer`, `state-folder-unusable`.
 */
export async function claimStateFolder(root: string, site: string): Promise<StateFolder> {
  if (!isAbsolute(root)) throw new Error(`state folder must be absolute: ${root}`);
  const folder = stateFolder(root);
  // A restore that was cut off at its very last step is whole.
  completeReplacement(root);
  if (existsSync(root)) refuseUnlessOurs(folder, site);
  try {
    for (const path of ownFolders(folder)) makeFolder(path, 0o700);
    chmodSync(root, 0o700);
    const mark = { format: STATE_FORMAT, turnout: version, site };
    await writeFileAtomically(folder.versionFile, `${JSON.stringify(mark)}\n`);
  } catch (error) {
    throw unusable(root, error);
  }
  return folder;
}

/**
 * The state folder of a site that is or was up, for commands that look and stop; null when there is
 * none. They work while the manifests are broken, so it does not matter which site it is. Throws
 * `state-folder-foreign` or `state-folder-newer`.
 */
export function findStateFolder(root: string): StateFolder | null {
  const folder = stateFolder(root);
  if (!existsSync(folder.versionFile)) return null;
  refuseUnlessOurs(folder, null);
  return folder;
}

function ownFolders(folder: StateFolder): readonly string[] {
  return [
    folder.root,
    folder.run,
    folder.logs,
    folder.instanceLogs,
    folder.blobs,
    folder.releases,
    folder.instances,
    folder.resources,
    folder.workers,
    folder.writes,
  ];
}

function refuseUnlessOurs(folder: StateFolder, site: string | null): void {
  const { root } = folder;
  if (!statSync(root).isDirectory()) {
    throw foreign(root, 'is a file');
  }
  const mark = readJsonFile(folder.versionFile);
  if (!isMark(mark)) {
    if (readdirSync(root).length === 0) return;
    throw foreign(root, 'holds files that are not a Turnout state folder');
  }
  if (mark.format > STATE_FORMAT) {
    throw new TurnoutError(
      'state-folder-newer',
      `${root} was written by Turnout ${mark.turnout}, which is newer than this one (${version}).`,
      `Run Turnout ${mark.turnout} or later, or give another folder with --state.`,
    );
  }
  if (site !== null && mark.site !== site) {
    throw foreign(root, `belongs to the site ${JSON.stringify(mark.site)}, and this is ${site}`);
  }
}

interface Mark {
  readonly format: number;
  readonly turnout: string;
  readonly site: string;
}

function isMark(value: unknown): value is Mark {
  const mark = value as Partial<Mark> | null;
  return typeof mark?.format === 'number' && typeof mark.site === 'string';
}

function foreign(root: string, why: string): TurnoutError {
  return new TurnoutError(
    'state-folder-foreign',
    `${root} ${why}.`,
    'Give another folder with --state DIR (or TURNOUT_STATE), or move this one away.',
  );
}

function unusable(root: string, cause: unknown): TurnoutError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TurnoutError(
    'state-folder-unusable',
    `The state folder ${root} cannot be written: ${reason}.`,
    'Make it writable for this user, or give another folder with --state DIR (or TURNOUT_STATE).',
    { cause },
  );
}
