import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { PostgresCluster, dataFolderIn } from './postgres-cluster.ts';
import { PostgresServer } from './postgres-server.ts';
import { membersWithData, primaryOf, readReplicationRecord } from './replication-record.ts';
import { findRunningServer } from './running-server.ts';
import type { PostgresServerOptions } from './postgres-server.ts';

/**
 * Stops every server that runs in a resource's folder, whatever version of Turnout left it and
 * whether or not anybody watches it. The primary goes first, so that its replicas get all there is.
 */
export async function stopServers(
  resourceFolder: string,
  options: Omit<PostgresServerOptions, 'member' | 'cluster'>,
): Promise<void> {
  const folder = await realpath(resourceFolder).catch(() => null);
  if (folder === null) return;
  const record = await readReplicationRecord(folder).catch(() => null);
  const primary = record === null ? undefined : primaryOf(record)?.name;
  const names = await membersWithData(folder);
  const stop = (name: string): Promise<void> => stopIn(join(folder, name), name, options);
  // One of an earlier version has its data in the folder itself.
  await stopIn(folder, '', options);
  if (primary !== undefined) await stop(primary);
  await Promise.all(names.filter((name) => name !== primary).map(stop));
}

async function stopIn(
  folder: string,
  member: string,
  options: Omit<PostgresServerOptions, 'member' | 'cluster'>,
): Promise<void> {
  if ((await findRunningServer(dataFolderIn(folder))) === null) return;
  // Nothing is started, so nothing to start is looked for.
  const cluster = new PostgresCluster(folder, { postgres: '', initdb: '' }, null);
  await new PostgresServer({ ...options, member, cluster }).stop();
}
