import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../../../lib/atomic-file.ts';
import { TurnoutError } from '../../../lib/errors.ts';
import { copyBaseBackup } from './base-backup.ts';
import { dataFolderIn } from './postgres-cluster.ts';
import { becomeStandby, slotOf } from './standby-settings.ts';
import { primaryOf } from './replication-record.ts';
import type { Client } from 'pg';
import type { CopyProgress } from './base-backup.ts';
import type { Members } from './members.ts';

const tellEveryMs = 2_000;

/**
 * Makes a member a replica of the primary that runs, from a copy of its data made while it goes on
 * working; what data the member had are thrown away, once the copy is whole. Interrupted at any
 * point it is begun anew: the member is recorded as unseeded until the copy stands. Rejects when
 * the primary does not answer, the disk is full, or the signal aborts.
 */
export async function seedMember(
  members: Members,
  name: string,
  signal: AbortSignal,
  tell: (copied: CopyProgress) => void,
): Promise<void> {
  const { keeper, options } = members;
  const { log, clock } = options;
  const primary = primaryOf(keeper.current);
  if (primary === undefined) throw noPrimary(options.name);
  const startedMs = clock.monotonicMs();
  const folder = members.folderOf(name);
  const partial = join(folder, 'data.partial');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await members.stop(name);
  const session = await members.openSession(primary.name);
  let toldMs = startedMs;
  const progress = (copied: CopyProgress): void => {
    tell(copied);
    if (clock.monotonicMs() - toldMs < tellEveryMs) return;
    toldMs = clock.monotonicMs();
    log.progress(
      `${name}: copied ${megabytes(copied.copiedBytes)} of ${megabytes(copied.totalBytes)} MB`,
    );
  };
  try {
    await freshSlot(session, slotOf(name));
    const copy = await copyBaseBackup({
      client: session,
      source: dataFolderIn(members.folderOf(primary.name)),
      target: partial,
      owner: options.user,
      wal: 'follows',
      progress,
      signal,
    });
    const password = options.credentials.replicatorPassword;
    const settings = { member: name, port: primary.port, password };
    await becomeStandby(partial, settings, options.user);
    signal.throwIfAborted();
    await rm(dataFolderIn(folder), { recursive: true, force: true });
    await rename(partial, dataFolderIn(folder));
    await syncDirectory(folder);
    await keeper.restand(name, { kind: 'replica' });
    await members.record('resource.seeded', null, {
      member: name,
      from: primary.name,
      bytes: copy.copiedBytes,
      lsn: copy.stopLsn,
      afterMs: Math.round(clock.monotonicMs() - startedMs),
    });
  } finally {
    await session.end().catch(() => undefined);
    await rm(partial, { recursive: true, force: true });
  }
}

/** A slot that keeps the log from now on, whatever one of that name kept before. */
async function freshSlot(session: Client, slot: string): Promise<void> {
  const known = 'from pg_replication_slots where slot_name = $1';
  // A sender that has just lost its replica may hold it for a moment.
  await session.query(`select pg_terminate_backend(active_pid, 5000) ${known} and active`, [slot]);
  await session.query(`select pg_drop_replication_slot(slot_name) ${known}`, [slot]);
  await session.query('select pg_create_physical_replication_slot($1, true)', [slot]);
}

function megabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0);
}

function noPrimary(resource: string): TurnoutError {
  return new TurnoutError(
    'primary-not-up',
    `${resource} has no primary that could be copied.`,
    'Bring the primary up, or promote a replica: `turnout resource promote`.',
  );
}
