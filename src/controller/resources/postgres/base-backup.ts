import { constants } from 'node:fs';
import { chmod, copyFile, lchown, lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { TurnoutError } from '../../../lib/errors.ts';
import { inFolder, openFolderBeneath, openPlainFileBeneath } from '../../../lib/open-beneath.ts';
import { walSegments } from './wal-position.ts';

export interface BaseBackupOptions {
  /** A connected superuser's session on the running primary, for nothing else meanwhile. */
  readonly client: Client;
  /** The data folder that the server works on, as this process can read it. */
  readonly source: string;
  /** Made anew; what is there is thrown away. Of no use unless this resolved. */
  readonly target: string;
  /** Who is to run a server on the copy; null when that is ourselves. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /**
   * `follows`: whoever starts on the copy fetches from a replication slot what was written while it
   * was made. `inside`: the copy holds that too and starts by itself.
   */
  readonly wal: 'follows' | 'inside';
  readonly progress?: (copied: CopyProgress) => void;
  readonly signal?: AbortSignal;
}

export interface CopyProgress {
  readonly copiedBytes: number;
  readonly totalBytes: number;
}

export interface BaseBackup {
  /**
   * The copy holds everything up to `stopLsn`, and is of no use without the log since `startLsn`.
   */
  readonly startLsn: string;
  readonly stopLsn: string;
  readonly copiedBytes: number;
}

/** Of one server that goes on with its own: nothing of these is of use to another. */
const ownFiles = new Set([
  'postmaster.pid',
  'postmaster.opts',
  'pg_internal.init',
  'backup_label',
  'backup_label.old',
  'tablespace_map',
  'tablespace_map.old',
  'backup_manifest',
  'standby.signal',
  'recovery.signal',
  'postgresql.auto.conf.tmp',
  'current_logfiles',
]);
/** Folders that must be there and are filled by the server that starts. */
const emptiedFolders = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);
/** Last, so that it is never older than what it speaks of. */
const controlFile = join('global', 'pg_control');
const copiesAtOnce = 4;

/**
 * Copies the data of a running server, as PostgreSQL's own `pg_basebackup` does (which is not
 * installed with us): consistent as of `stopLsn` however much was written meanwhile. Nobody waits
 * for it, but for the checkpoint it begins with.
 *
 * Nothing is synced to the disk: a server that starts on the copy syncs all of it before it goes
 * on, as after a crash. Rejects with what PostgreSQL or the file system said, with
 * `base-backup-incomplete` when the server threw away log that the copy needs, and with the
 * signal's reason.
 */
export async function copyBaseBackup(options: BaseBackupOptions): Promise<BaseBackup> {
  const { client, source, target, signal } = options;
  await rm(target, { recursive: true, force: true });
  signal?.throwIfAborted();
  if (options.wal === 'inside') await holdLog(client);
  const started = await client.query<{ lsn: string }>(
    `select pg_backup_start('turnout', true)::text as lsn`,
  );
  let copiedBytes: number;
  try {
    copiedBytes = await copyFolder(options);
  } catch (error) {
    // Else the session stays in a backup; a session that is gone has ended it already.
    await client.query('select pg_backup_stop(false)').catch(() => undefined);
    throw error;
  }
  const stopped = await client.query<{ lsn: string; labelfile: string; spcmapfile: string }>(
    'select lsn::text, labelfile, spcmapfile from pg_backup_stop(false)',
  );
  const { lsn: startLsn } = started.rows[0] ?? { lsn: '' };
  const { lsn: stopLsn, labelfile } = stopped.rows[0] ?? { lsn: '', labelfile: '' };
  await writeFile(join(target, 'backup_label'), labelfile, { mode: 0o600 });
  if (options.wal === 'inside') {
    const { rows } = await client.query<{ first: string; last: string }>(
      'select pg_walfile_name($1) as first, pg_walfile_name($2) as last',
      [startLsn, stopLsn],
    );
    for (const name of walSegments(rows[0]?.first ?? '', rows[0]?.last ?? '')) {
      if ((await copyOne(options, join('pg_wal', name))) === null) throw incomplete(source, name);
    }
  }
  if (options.owner !== null) await give(target, options.owner);
  return { startLsn, stopLsn, copiedBytes };
}

/** From now until the session ends the server throws away no log. */
async function holdLog(client: Client): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  await client.query('select pg_create_physical_replication_slot($1, true, true)', [
    `turnout_backup_${rows[0]?.pid ?? 0}`,
  ]);
}

interface Listed {
  readonly path: string;
  readonly bytes: number;
}

async function copyFolder(options: BaseBackupOptions): Promise<number> {
  const files: Listed[] = [];
  await makeFolders(options, '', files);
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let copiedBytes = 0;
  let next = 0;
  const copyOn = async (): Promise<void> => {
    for (let file = files[next++]; file !== undefined; file = files[next++]) {
      options.signal?.throwIfAborted();
      // One that is gone was dropped meanwhile, and the log says so.
      const copied = await copyOne(options, file.path);
      if (copied !== null) copiedBytes += file.bytes;
      options.progress?.({ copiedBytes, totalBytes });
    }
  };
  const copying = Array.from({ length: copiesAtOnce }, copyOn);
  const failed = (await Promise.allSettled(copying)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  if ((await copyOne(options, controlFile)) === null) throw incomplete(options.source, controlFile);
  return copiedBytes;
}

/** Makes the folders and lists the files; what comes to be later, the log creates. */
async function makeFolders(
  options: BaseBackupOptions,
  folder: string,
  files: Listed[],
): Promise<void> {
  const { source, target } = options;
  await mkdir(join(target, folder), { recursive: true, mode: 0o700 });
  if (folder === 'pg_wal') {
    await makeFolders(options, join(folder, 'archive_status'), []);
    await makeFolders(options, join(folder, 'summaries'), []);
  }
  if (emptiedFolders.has(folder) || folder.startsWith('pg_wal')) return;
  const opened = await openFolderBeneath(source, folder).catch(absent);
  if (opened === null) return;
  const folders: string[] = [];
  try {
    for (const entry of await readdir(inFolder(opened, '.'))) {
      const path = join(folder, entry);
      const found = await lstat(inFolder(opened, entry)).catch(absent);
      if (found === null || ownFiles.has(entry) || entry.startsWith('pgsql_tmp')) continue;
      if (found.isDirectory()) folders.push(path);
      else if (found.isFile() && path !== controlFile) files.push({ path, bytes: found.size });
      else if (found.isSymbolicLink()) throw linked(source, path);
    }
  } finally {
    await opened.close();
  }
  for (const path of folders) await makeFolders(options, path, files);
}

/**
 * Null when the file is not there any more. The data belong to the account of the server, which can
 * have put a link there since the listing, or in the place of a folder above: so the file is opened
 * without following any, and the kernel copies what was opened.
 */
async function copyOne(options: BaseBackupOptions, path: string): Promise<true | null> {
  const { source, target } = options;
  const copy = join(target, path);
  const file = await openPlainFileBeneath(source, path, constants.O_RDONLY).catch(absent);
  if (file === null) return null;
  try {
    await copyFile(`/proc/self/fd/${file.fd}`, copy, constants.COPYFILE_EXCL);
  } finally {
    await file.close();
  }
  await chmod(copy, 0o600);
  return true;
}

/**
 * Last of all, and what is in a folder before the folder: until then nobody but us can change the
 * copy, so that no link of the other account leads what we write to a place of others.
 */
async function give(folder: string, owner: NonNullable<BaseBackupOptions['owner']>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await give(path, owner);
    else await lchown(path, owner.uid, owner.gid);
  }
  await lchown(folder, owner.uid, owner.gid);
}

function absent(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw error;
}

function incomplete(source: string, name: string): TurnoutError {
  return new TurnoutError(
    'base-backup-incomplete',
    `The copy of ${source} lacks ${name}, which the server has thrown away or never had.`,
    'Try again while less is written, or with more room for its log.',
  );
}

function linked(source: string, path: string): TurnoutError {
  return new TurnoutError(
    'base-backup-incomplete',
    `${join(source, path)} leads out of the data folder, and what lies there is not copied.`,
    'Move what it leads to (a tablespace) back into the database: `drop tablespace`.',
  );
}
