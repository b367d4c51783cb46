import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../../lib/atomic-file.ts';
import { openPlainFile } from '../../../lib/open-plain-file.ts';
import type { ServerUser } from './server-user.ts';

/** The role that replicas fetch the log as: it can do that and nothing else. */
export const replicator = 'turnout_replicator';

export interface StandbySettings {
  readonly member: string;
  /** Of the primary. */
  readonly port: number;
  readonly password: string;
}

/** What a replica is told about its primary; passwords of ours need no quoting. */
export function primaryConninfo({ member, port, password }: StandbySettings): string {
  return (
    `host=127.0.0.1 port=${port} user=${replicator} password=${password} ` +
    `application_name=${member} sslmode=disable`
  );
}

/** The slot that keeps on the primary what this member has not received yet. */
export function slotOf(member: string): string {
  return member.replaceAll('-', '_');
}

/** Names in the order that PostgreSQL shows them in `synchronous_standby_names`. */
export function parseStandbyNames(value: string): readonly string[] {
  return [...value.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? '');
}

export function standbyNames(quorum: readonly string[]): string {
  return quorum.length === 0 ? '' : `ANY 1 (${quorum.map((member) => `"${member}"`).join(', ')})`;
}

const ofReplication = /^\s*(?:primary_conninfo|primary_slot_name|synchronous_standby_names)\s*=/;

/**
 * Makes data on which no server works those of a replica of that primary: whoever starts a server
 * on them gets one that takes no writes.
 */
export async function becomeStandby(
  dataFolder: string,
  settings: StandbySettings,
  user: ServerUser | null,
): Promise<void> {
  const file = join(dataFolder, 'postgresql.auto.conf');
  const { text } = await readSettings(file);
  const kept = text.split('\n').filter((line) => line !== '' && !ofReplication.test(line));
  const lines = [
    ...kept,
    `primary_conninfo = '${primaryConninfo(settings)}'`,
    `primary_slot_name = '${slotOf(settings.member)}'`,
    '',
  ];
  await writeFileAtomically(file, lines.join('\n'), 0o600, user);
  await markReadOnly(dataFolder, user);
}

/**
 * Makes data on which no server works those of a primary without replicas: what they say of the
 * ones it had is gone, or every commit would wait for those.
 */
export async function standAlone(dataFolder: string): Promise<void> {
  const file = join(dataFolder, 'postgresql.auto.conf');
  const { text, owner } = await readSettings(file);
  const lines = text.split('\n');
  const kept = lines.filter((line) => !ofReplication.test(line));
  if (kept.length === lines.length) return;
  await writeFileAtomically(file, kept.join('\n'), 0o600, owner);
}

/** Rejects for a link: what it leads to would become a file of the account that put it there. */
async function readSettings(
  file: string,
): Promise<{ readonly text: string; readonly owner: { uid: number; gid: number } }> {
  const handle = await openPlainFile(file, constants.O_RDONLY);
  try {
    const { uid, gid } = await handle.stat();
    return { text: await handle.readFile('utf8'), owner: { uid, gid } };
  } finally {
    await handle.close();
  }
}

/**
 * A server that is started on these data from now on, by whomever and however, takes no writes. One
 * that runs is not touched. False when there is no such folder, so that nothing could be started.
 * Rejects when the marker is a link: the account of that server could have one lead anywhere.
 */
export async function markReadOnly(dataFolder: string, user: ServerUser | null): Promise<boolean> {
  let marker: FileHandle;
  try {
    marker = await openPlainFile(markerIn(dataFolder), constants.O_WRONLY | constants.O_CREAT);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  try {
    await marker.chmod(0o600);
    if (user !== null) await marker.chown(user.uid, user.gid);
    await marker.sync();
  } finally {
    await marker.close();
  }
  return true;
}

export function markerIn(dataFolder: string): string {
  return join(dataFolder, 'standby.signal');
}
