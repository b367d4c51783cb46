import { mkdir, rm } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { linkWrites } from '../adapters/log/link-writes.ts';
import { copyDatabase, forgetInCopy } from '../adapters/sqlite/copy-database.ts';
import { takeOwnerLock } from '../adapters/sqlite/owner-lock.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { BackupFolder, removeTree } from '../backup/backup-folder.ts';
import { backupFormat, readManifest, writeManifest } from '../backup/backup-manifest.ts';
import type { BackedUpDatabase, BackupManifest } from '../backup/backup-manifest.ts';
import { FileStage } from '../backup/stage-files.ts';
import type { StageCount } from '../backup/stage-files.ts';
import type { BackupRecord } from '../contract/backup-record.ts';
import { ENDPOINTS_PREFIX, PROCESSES_PREFIX } from '../contract/keys.ts';
import { STATE_FORMAT } from '../contract/state-folder.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import {
  backUpPostgres,
  backedUpData,
  isOwnFile,
} from '../controller/resources/postgres/back-up-postgres.ts';
import { writeFileAtomically } from '../lib/atomic-file.ts';
import { TurnoutError } from '../lib/errors.ts';
import { holdSiteStill } from './hold-site-still.ts';
import type { StillSite } from './hold-site-still.ts';
import { version } from '../lib/version.ts';
import { backedUpParts } from './backed-up-parts.ts';
import { throttledProgress } from './throttled-progress.ts';

export interface BackUpOptions {
  readonly folder: StateFolder;
  readonly site: string;
  /** The folder for backups. */
  readonly target: string;
  /** How many backups stay; null for all. */
  readonly keep: number | null;
  readonly progress: (text: string) => void;
}

export interface BackupReport extends StageCount {
  readonly id: string;
  /** The folder of this backup. */
  readonly folder: string;
  readonly databases: readonly BackedUpDatabase[];
  readonly removed: readonly string[];
}

/** Of the processes of the site: they run here and nowhere else. */
const ofProcesses = [PROCESSES_PREFIX, ENDPOINTS_PREFIX];

/**
 * Makes a backup of a site, up or down; of one that is up without anyone waiting. Everything
 * acknowledged before it began is in it. It is there as a whole under its name, or not
 * at all.
 *
 * The order matters. Queued writes come first: one that is delivered meanwhile is then in the queue
 * and in the database, and `once` sees to the second delivery; the other way round it would be in
 * neither. State comes after them, so that no fence in the queue is ahead of it, and before blobs
 * and releases, so that what it points at is there.
 *
 * One at a time, wherever they go: each would remove the second names that another has made of the
 * queue. Rejects with `backup-under-way`, `backup-folder-foreign`, `backup-database-down`,
 * `backup-source-gone`, or the system's error.
 */
export async function backUpSite(options: BackUpOptions): Promise<BackupReport> {
  const ofSite = takeOwnerLock(options.folder.backupLock);
  if (ofSite === null) throw underWay(`of the site ${options.site}`);
  try {
    const target = new BackupFolder(options.target);
    await target.create();
    const ofTarget = takeOwnerLock(target.lockFile);
    if (ofTarget === null) throw underWay(`into ${options.target}`);
    try {
      return await makeBackup(options, target);
    } finally {
      ofTarget.release();
    }
  } finally {
    ofSite.release();
  }
}

async function makeBackup(options: BackUpOptions, target: BackupFolder): Promise<BackupReport> {
  const { folder, site, progress } = options;
  const startedAt = new Date();
  await target.removeUnfinished();
  const links = await clearLinks(folder);
  const previous = newestOf(target, site);
  const { id, partial } = await target.begin(startedAt);
  const tell = throttledProgress(progress);
  const stage = new FileStage({ folder: partial, previous, progress: tell });
  const still = await holdSiteStill(folder);
  const copying = new SiteCopy(folder, stage, partial, still, progress);
  try {
    await copying.writes(links);
    await copying.state();
    await copying.filesAndTrees();
    const databases = await copying.databases();
    progress('putting it on the disk');
    await stage.sync();
    const manifest = manifestOf({ id, site, startedAt, folder, databases, stage });
    await writeManifest(partial, manifest);
    const finished = await target.finish(id);
    await remember(options, id, stage.count);
    const removed = options.keep === null ? [] : await target.prune(options.keep);
    return { ...stage.count, id, folder: finished, databases, removed };
  } catch (error) {
    await removeTree(partial);
    throw error;
  } finally {
    still?.release();
    await rm(links, { recursive: true, force: true });
  }
}

/** Copies the parts of one state folder, each in the way it needs. */
class SiteCopy {
  readonly #folder: StateFolder;
  readonly #stage: FileStage;
  readonly #partial: string;
  readonly #still: StillSite | null;
  readonly #progress: (text: string) => void;

  constructor(
    folder: StateFolder,
    stage: FileStage,
    partial: string,
    still: StillSite | null,
    progress: (text: string) => void,
  ) {
    this.#folder = folder;
    this.#stage = stage;
    this.#partial = partial;
    this.#still = still;
    this.#progress = progress;
  }

  async writes(links: string): Promise<void> {
    const { writes } = this.#folder;
    const linked = linkWrites(writes, links);
    this.#progress('queued writes');
    for (const { path, bytes } of linked.files) {
      const place = join(this.#within(writes), path);
      await this.#stage.neededFile(join(linked.folder, path), place, { limitBytes: bytes });
    }
  }

  async state(): Promise<void> {
    this.#progress('state and journal');
    const made = join(this.#partial, 'made');
    await mkdir(made, { mode: 0o700 });
    const { stateDatabase, journalDatabase } = this.#folder;
    for (const file of [stateDatabase, journalDatabase]) {
      const copy = join(made, basename(file));
      copyDatabase(file, copy);
      if (file === stateDatabase) forgetInCopy(copy, ofProcesses);
      await this.#stage.neededFile(copy, this.#within(file));
    }
    await rm(made, { recursive: true });
  }

  async filesAndTrees(): Promise<void> {
    const folder = this.#folder;
    for (const [part, how] of Object.entries(backedUpParts)) {
      const path = folder[part as keyof StateFolder];
      if (how === 'file') await this.#stage.neededFile(path, this.#within(path));
      if (how === 'file-if-any') await this.#stage.file(path, this.#within(path));
      if (how === 'tree') {
        this.#progress(this.#within(path));
        await this.#stage.tree(path, this.#within(path));
      }
    }
    this.#progress('blobs');
    const blobs = this.#within(folder.blobs);
    await this.#stage.tree(join(folder.blobs, 'sha256'), join(blobs, 'sha256'), {
      mayVanish: true,
      digestOf: (path) => path.split('/').slice(-2).join(''),
    });
  }

  async databases(): Promise<readonly BackedUpDatabase[]> {
    const { resources } = this.#folder;
    const copied: BackedUpDatabase[] = [];
    for (const resource of readdirSync(resources)) {
      const database = await this.#database(join(resources, resource), resource);
      if (database !== null) copied.push(database);
    }
    return copied;
  }

  async #database(folder: string, resource: string): Promise<BackedUpDatabase | null> {
    const target = join(this.#partial, 'base');
    const tell = throttledProgress(this.#progress);
    const copy = await backUpPostgres({
      folder,
      target,
      isAtRest: this.#still !== null,
      clock: systemClock,
      progress: ({ copiedBytes, totalBytes }) =>
        tell({ files: 0, bytes: copiedBytes, reused: 0, reusedBytes: 0 }, totalBytes, resource),
    });
    if (copy.kind === 'none') return null;
    const data = this.#within(backedUpData(folder));
    this.#progress(`${resource}: ${copy.kind === 'copied' ? 'copied' : 'copying, at rest'}`);
    if (copy.kind === 'copied') await this.#stage.takeTree(target, data);
    else await this.#stage.tree(copy.dataFolder, data, { skip: isOwnFile });
    const credentials = join(folder, 'credentials.json');
    await this.#stage.neededFile(credentials, this.#within(credentials));
    return copy.kind === 'copied'
      ? { resource, how: 'running', stopLsn: copy.stopLsn }
      : { resource, how: 'stopped', stopLsn: null };
  }

  #within(path: string): string {
    return relative(this.#folder.root, path);
  }
}

interface ManifestParts {
  readonly id: string;
  readonly site: string;
  readonly startedAt: Date;
  readonly folder: StateFolder;
  readonly databases: readonly BackedUpDatabase[];
  readonly stage: FileStage;
}

function manifestOf(parts: ManifestParts): BackupManifest {
  const { id, site, startedAt, folder, databases, stage } = parts;
  return {
    format: backupFormat,
    id,
    site,
    turnout: version,
    stateFormat: STATE_FORMAT,
    startedAt: startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    root: folder.root,
    databases,
    ...stage.contents,
  };
}

/** Where second names of the write log are made: on its file system, so in the state folder. */
async function clearLinks(folder: StateFolder): Promise<string> {
  const links = join(folder.run, 'backup-writes');
  await rm(links, { recursive: true, force: true });
  return links;
}

/** The newest backup, to share with; null when there is none that can be read. */
function newestOf(
  target: BackupFolder,
  site: string,
): { readonly folder: string; readonly manifest: BackupManifest } | null {
  const id = target.ids().at(-1);
  if (id === undefined) return null;
  const folder = join(target.path, id);
  let manifest: BackupManifest;
  try {
    manifest = readManifest(folder);
  } catch (error) {
    // A damaged one is nothing to share with, and no reason to make none.
    if (error instanceof TurnoutError) return null;
    throw error;
  }
  if (manifest.site === site) return { folder, manifest };
  throw new TurnoutError(
    'backup-folder-foreign',
    `${target.path} holds backups of the site ${manifest.site}, and this is ${site}.`,
    'Give each site a folder of its own.',
  );
}

async function remember(
  { folder, target }: BackUpOptions,
  id: string,
  { bytes }: StageCount,
): Promise<void> {
  const record: BackupRecord = { id, target, finishedAt: new Date().toISOString(), bytes };
  await writeFileAtomically(folder.backupRecord, `${JSON.stringify(record)}\n`);
}

function underWay(which: string): TurnoutError {
  return new TurnoutError(
    'backup-under-way',
    `Another backup ${which} is under way.`,
    'Wait until it is done; one that was cut off is in nobody’s way.',
  );
}
