import { readdir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TurnoutError } from '../../../lib/errors.ts';
import type { Clock } from '../../../ports/clock/port.ts';
import { copyBaseBackup } from './base-backup.ts';
import type { CopyProgress } from './base-backup.ts';
import { dataFolderIn } from './postgres-cluster.ts';
import { openCredentials } from './postgres-credentials.ts';
import { primaryOf, readReplicationRecord } from './replication-record.ts';
import { findRunningServer, hasCluster } from './running-server.ts';
import { openSuperuserSession } from './superuser-session.ts';

export interface BackUpPostgresOptions {
  /** Of the resource. */
  readonly folder: string;
  /** A copy of a running server's data is made here. */
  readonly target: string;
  /** Nobody is going to start a server on the data meanwhile. */
  readonly isAtRest: boolean;
  readonly clock: Clock;
  readonly progress: (copied: CopyProgress) => void;
}

export type PostgresCopy =
  /** `target` holds all up to `stopLsn`, and starts by itself. */
  | { readonly kind: 'copied'; readonly stopLsn: string }
  /** Nothing runs on `dataFolder`: it may be copied as it lies. */
  | { readonly kind: 'at-rest'; readonly dataFolder: string }
  /** It has never been up. */
  | { readonly kind: 'none' };

/** A server that died is started again by the controller, which may take a while. */
const serverWithinMs = 30_000;
const pollMs = 100;

/**
 * Has the primary of a resource copied, under whatever load it has. Rejects with
 * `backup-database-down` when it is neither running nor at rest, and as `copyBaseBackup` does.
 */
export async function backUpPostgres(options: BackUpPostgresOptions): Promise<PostgresCopy> {
  const { folder, target, isAtRest, clock, progress } = options;
  const found = await primaryData(folder);
  if (!(await hasCluster(found))) return { kind: 'none' };
  const source = await realpath(found);
  const deadlineMs = clock.monotonicMs() + serverWithinMs;
  for (;;) {
    const server = await findRunningServer(source);
    if (server === null && isAtRest) return { kind: 'at-rest', dataFolder: source };
    if (server?.ready) {
      const client = await openSuperuserSession(server.port, await openCredentials(folder), 0);
      try {
        const owner = null;
        const wal = 'inside';
        const { stopLsn } = await copyBaseBackup({ client, source, target, owner, wal, progress });
        return { kind: 'copied', stopLsn };
      } finally {
        await client.end();
      }
    }
    if (clock.monotonicMs() > deadlineMs) throw databaseDown(basename(folder));
    await clock.sleep(pollMs);
  }
}

/** Whether a server runs on any data of a resource, whoever it is. */
export async function isDatabaseRunning(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true });
  const homes = [
    folder,
    ...entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name)),
  ];
  for (const home of homes) {
    const data = await realpath(dataFolderIn(home)).catch(() => null);
    if (data !== null && (await findRunningServer(data)) !== null) return true;
  }
  return false;
}

/** Of a server: nothing that another could use. */
const ownFiles = new Set(['postmaster.pid', 'postmaster.opts']);

/** Whether a file in a data folder at rest is of no use to a server elsewhere. */
export function isOwnFile(path: string): boolean {
  return ownFiles.has(basename(path));
}

/**
 * Where a backup keeps the data of a resource, in the resource's folder: where a resource with one
 * server has them. Its replicas are seeded afresh.
 */
export function backedUpData(folder: string): string {
  return dataFolderIn(folder);
}

/** The data of the one that takes writes. */
async function primaryData(folder: string): Promise<string> {
  const record = await readReplicationRecord(folder);
  if (record === null) return dataFolderIn(folder);
  const primary = primaryOf(record);
  if (primary === undefined) throw databaseDown(basename(folder));
  return dataFolderIn(join(folder, primary.name));
}

function databaseDown(resource: string): TurnoutError {
  return new TurnoutError(
    'backup-database-down',
    `The database ${resource} is not up, and something may start it at any moment.`,
    'See `turnout status`: bring it up, or take the site down (`turnout down`), and try again.',
  );
}
