import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort, isFree } from '../../../lib/free-port.ts';
import { Members } from './members.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { dataFolderIn } from './postgres-cluster.ts';
import { openCredentials, superuser } from './postgres-credentials.ts';
import { openReplicationRecord, primaryOf } from './replication-record.ts';
import { findRunningServer, hasCluster } from './running-server.ts';
import { serverUserFor } from './server-user.ts';
import type { MembersOptions } from './members.ts';
import type { MemberRecord, RecordKeeper } from './replication-record.ts';

type Given = Pick<MembersOptions, 'name' | 'folder' | 'clock' | 'journal' | 'log' | 'keptLogMb'>;

/** Finds or makes all that must be there before any server of a resource is started. */
export async function openMembers(given: Given): Promise<Members> {
  await mkdir(given.folder, { recursive: true, mode: 0o700 });
  const folder = await realpath(given.folder);
  const credentials = await openCredentials(folder);
  const keeper = await openReplicationRecord(folder, given.name, () =>
    choosePort(credentials.port ?? null, new Set()),
  );
  const dataFolders = keeper.current.members.map(({ name }) => dataFolderIn(join(folder, name)));
  const user = await serverUserFor(dataFolders);
  const binaries = await findPostgresBinaries(user);
  const members = new Members({ ...given, folder, credentials, binaries, user, keeper });
  const primary = primaryOf(keeper.current);
  if (primary !== undefined && keeper.current.members.length === 1) {
    await makeDatabase(members, primary);
  }
  for (const member of keeper.current.members) await settlePort(members, member);
  return members;
}

async function makeDatabase(members: Members, { name }: MemberRecord): Promise<void> {
  await mkdir(members.folderOf(name), { recursive: true, mode: 0o700 });
  const { cluster } = members.server(name);
  if (await hasCluster(cluster.dataFolder)) return;
  await cluster.initialize(superuser, members.options.credentials.superuserPassword);
  await members.record('resource.created', null);
}

/** A member keeps its port, unless its server runs on another or somebody else has taken it. */
async function settlePort(members: Members, { name, port }: MemberRecord): Promise<void> {
  const { keeper } = members;
  const running = await findRunningServer(dataFolderIn(members.folderOf(name)));
  const taken = new Set(keeper.current.members.map((member) => member.port));
  const settled = running?.port ?? (await choosePort(port, taken));
  if (settled !== port) await movePort(keeper, name, settled);
}

function movePort(keeper: RecordKeeper, name: string, port: number): Promise<void> {
  return keeper.change(({ members }) => ({
    members: members.map((member) => (member.name === name ? { ...member, port } : member)),
  }));
}

async function choosePort(kept: number | null, taken: ReadonlySet<number>): Promise<number> {
  if (kept !== null && (await isFree(kept))) return kept;
  return findFreePort(Math.random, taken);
}
