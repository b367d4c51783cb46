import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { relocateInCopy } from '../adapters/sqlite/copy-database.ts';
import { findBackup, removeTree } from '../backup/backup-folder.ts';
import { readManifest } from '../backup/backup-manifest.ts';
import type { BackupManifest } from '../backup/backup-manifest.ts';
import { unpackBackup } from '../backup/read-backup.ts';
import type { ReadProgress } from '../backup/read-backup.ts';
import { STATE_FORMAT, stateFolder } from '../contract/state-folder.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { findStateFolder } from '../controller/keeper/claim-state-folder.ts';
import {
  backedUpData,
  isDatabaseRunning,
} from '../controller/resources/postgres/back-up-postgres.ts';
import { findServerUser } from '../controller/resources/postgres/server-user.ts';
import { standAlone } from '../controller/resources/postgres/standby-settings.ts';
import { TurnoutError } from '../lib/errors.ts';
import { makeFolder } from '../lib/make-folder.ts';
import {
  completeReplacement,
  placeFolder,
  readyName,
  replaceFolder,
} from '../lib/replace-folder.ts';
import { namePattern } from '../manifest/schema/names.ts';
import { openDriver } from './embedded.ts';
import { holdSiteStill } from './hold-site-still.ts';
import type { StillSite } from './hold-site-still.ts';

export interface RestoreOptions {
  /** The folder with backups, or one of them. */
  readonly source: string;
  /** The state folder that is to be. */
  readonly root: string;
  /** Whether a state folder that is there makes room. */
  readonly force: boolean;
  readonly progress: (read: ReadProgress, manifest: BackupManifest) => void;
}

export interface RestoreReport {
  readonly manifest: BackupManifest;
  /** Where the state folder that was there is now; null when there was none. */
  readonly replaced: string | null;
}

/**
 * Makes a state folder of a backup: the folder is what the backup holds, or what it was before.
 * Rejects with `backup-missing`, `backup-damaged`, `backup-newer`, `restore-not-empty`,
 * `restore-site-running`, `restore-mount-point` or `state-folder-foreign`.
 */
export async function restoreSite(options: RestoreOptions): Promise<RestoreReport> {
  const { root, force } = options;
  completeReplacement(root);
  const folder = findBackup(options.source);
  const manifest = readManifest(folder);
  if (manifest.stateFormat > STATE_FORMAT) throw newer(folder, manifest);
  for (const { resource } of manifest.databases) {
    // It becomes a path, of which root writes and gives away what lies there.
    if (!namePattern.test(resource)) throw misnamed(folder, resource);
  }
  const strange = manifest.links.find(({ path }) => !mayBeLink(path, manifest));
  if (strange !== undefined) throw misplaced(folder, strange.path);
  const isOccupied = existsSync(root) && readdirSync(root).length > 0;
  if (isOccupied && !force) throw notEmpty(root);
  const still = isOccupied ? await holdOldSite(root) : null;
  try {
    // A link to an empty folder, on another disk perhaps, stays and is filled.
    const place = existsSync(root) && !isOccupied ? realpathSync(root) : root;
    if (isMountPoint(place)) throw mounted(place);
    const fresh = `${place}.restoring`;
    for (const left of [fresh, readyName(root)]) await removeTree(left);
    makeFolder(dirname(place));
    try {
      await unpack(options, folder, manifest, fresh);
      relocateInCopy(stateFolder(fresh).stateDatabase, manifest.root, root);
      return { manifest, replaced: await putInPlace(fresh, place, isOccupied, manifest.id) };
    } catch (error) {
      // It would fill the disk of a site that goes on.
      await removeTree(fresh);
      throw error;
    }
  } finally {
    still?.release();
  }
}

/** Where what was there is now; null when there was nothing. */
async function putInPlace(
  fresh: string,
  root: string,
  isOccupied: boolean,
  id: string,
): Promise<string | null> {
  if (!isOccupied) {
    // Nobody was kept from making a site here meanwhile, and none may be lost by it.
    if (!(await placeFolder(fresh, root))) throw notEmpty(root);
    return null;
  }
  const old = `${root}.replaced-${id}-${Date.now()}`;
  await replaceFolder(fresh, root, old);
  return old;
}

/**
 * Links come with releases and with databases. One anywhere else would lead what is written there,
 * here or by the site, to wherever its writer likes.
 */
function mayBeLink(path: string, { databases }: BackupManifest): boolean {
  const { releases, resources } = stateFolder('');
  const data = databases.map(({ resource }) => backedUpData(join(resources, resource)));
  const isPlain = !path.split('/').some((part) => part === '' || part === '.' || part === '..');
  return isPlain && [releases, ...data].some((folder) => path.startsWith(`${folder}/`));
}

async function unpack(
  { progress }: RestoreOptions,
  folder: string,
  manifest: BackupManifest,
  fresh: string,
): Promise<void> {
  const { resources } = stateFolder('');
  const data = manifest.databases.map(({ resource }) => backedUpData(join(resources, resource)));
  const user = data.length === 0 ? null : await findServerUser();
  await unpackBackup({
    folder,
    manifest,
    target: fresh,
    ownerOf: (path) => (data.some((at) => path === at || path.startsWith(`${at}/`)) ? user : null),
    progress: (read) => progress(read, manifest),
  });
  for (const at of data) await standAlone(join(fresh, at));
}

/** Keeps a site that is to make room from coming up; refuses where anything of it runs. */
async function holdOldSite(root: string): Promise<StillSite> {
  const folder = findStateFolder(root);
  if (folder === null) {
    throw new TurnoutError(
      'state-folder-foreign',
      `${root} holds files that are not a Turnout state folder.`,
      'Give another folder with --to DIR, or move this one away.',
    );
  }
  // A damaged folder may lack any part, and the lock lies in this one.
  makeFolder(folder.run, 0o700);
  const still = await holdSiteStill(folder);
  if (still === null) throw running(root);
  if (await runsAnything(folder)) {
    still.release();
    throw running(root);
  }
  return still;
}

async function runsAnything(folder: StateFolder): Promise<boolean> {
  const instances = await openDriver(folder).list();
  if (instances.some(({ alive }) => alive)) return true;
  const { resources } = folder;
  const names = existsSync(resources) ? readdirSync(resources) : [];
  const running = await Promise.all(names.map((name) => isDatabaseRunning(join(resources, name))));
  return running.includes(true);
}

function notEmpty(root: string): TurnoutError {
  return new TurnoutError(
    'restore-not-empty',
    `There is a state folder in ${root} already.`,
    'Restore beside it with --to DIR; or have it moved aside with --force.',
  );
}

/** A file system of its own: nothing can be put in its place. */
function isMountPoint(folder: string): boolean {
  return existsSync(folder) && statSync(folder).dev !== statSync(dirname(folder)).dev;
}

function mounted(folder: string): TurnoutError {
  return new TurnoutError(
    'restore-mount-point',
    `${folder} is a file system of its own, and no other folder can take its place.`,
    `Restore into a folder within it: --to ${join(folder, 'state')}.`,
  );
}

function running(root: string): TurnoutError {
  return new TurnoutError(
    'restore-site-running',
    `Something of the site in ${root} runs.`,
    'Take it down first: `turnout down`. Or restore beside it with --to DIR.',
  );
}

function misnamed(folder: string, resource: string): TurnoutError {
  return new TurnoutError(
    'backup-damaged',
    `The manifest in ${folder} names a database ${JSON.stringify(resource)}, which none is called.`,
    'Use another backup (`turnout backup list`), and ask who wrote this one.',
  );
}

function misplaced(folder: string, path: string): TurnoutError {
  return new TurnoutError(
    'backup-damaged',
    `The manifest in ${folder} has a link at ${JSON.stringify(path)}, where a site has none.`,
    'Use another backup (`turnout backup list`), and ask who wrote this one.',
  );
}

function newer(folder: string, { turnout }: BackupManifest): TurnoutError {
  return new TurnoutError(
    'backup-newer',
    `${folder} was written by Turnout ${turnout}, in a format that this one does not know.`,
    `Restore it with Turnout ${turnout} or later.`,
  );
}
