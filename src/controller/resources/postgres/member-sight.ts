import { laterPosition, walDistance } from './wal-position.ts';
import { parseStandbyNames } from './standby-settings.ts';
import type { Members } from './members.ts';

/** A primary and what it knows of its replicas. */
export interface PrimarySight {
  readonly member: string;
  /** Milliseconds since the epoch, before it was asked. */
  readonly atMs: number;
  /** How far its log is on its disk: no commit is acknowledged that lies behind. */
  readonly lsn: string;
  readonly waitsFor: readonly string[];
  readonly replicas: ReadonlyMap<string, FollowerSight>;
  readonly slots: ReadonlyMap<string, SlotSight>;
}

export interface SlotSight {
  readonly active: boolean;
  /** The primary threw away what it was to keep. */
  readonly lost: boolean;
  /** How far its replica has confirmed to have the log on disk; null for a lost one. */
  readonly confirmed: string | null;
}

export interface FollowerSight {
  readonly streaming: boolean;
  /** Another one whenever the primary has heard from it. */
  readonly reply: string;
  readonly flushed: string;
  readonly lagBytes: number;
  readonly lagMs: number;
}

interface FollowerRow {
  readonly name: string;
  readonly state: string;
  readonly reply: string;
  readonly flushed: string | null;
  readonly replayed: string | null;
  readonly lag_ms: number | null;
}

/** Asks the primary how it and its replicas stand; rejects when it does not answer. */
export async function lookAtPrimary(members: Members, primary: string): Promise<PrimarySight> {
  const atMs = members.options.clock.nowMs();
  const [own] = await members.ask<{ lsn: string; names: string }>(
    primary,
    `select pg_current_wal_flush_lsn()::text as lsn,
       current_setting('synchronous_standby_names') as names`,
  );
  const rows = await members.ask<FollowerRow>(
    primary,
    `select application_name as name, state, pid || ' ' || coalesce(reply_time::text, '') as reply,
       flush_lsn::text as flushed,
       replay_lsn::text as replayed,
       (extract(epoch from replay_lag) * 1000)::float8 as lag_ms
     from pg_stat_replication`,
  );
  const slots = await members.ask<SlotSight & { readonly name: string }>(
    primary,
    `select slot_name as name, active, wal_status = 'lost' as lost,
       restart_lsn::text as confirmed
     from pg_replication_slots where slot_type = 'physical' and not temporary`,
  );
  const lsn = own?.lsn ?? '0/0';
  const follower = (row: FollowerRow): FollowerSight => ({
    streaming: row.state === 'streaming',
    reply: row.reply,
    flushed: row.flushed ?? '0/0',
    lagBytes: Math.max(0, walDistance(row.replayed ?? '0/0', lsn)),
    lagMs: Math.round(row.lag_ms ?? 0),
  });
  return {
    member: primary,
    atMs,
    lsn,
    waitsFor: parseStandbyNames(own?.names ?? ''),
    replicas: new Map(rows.map((row) => [row.name, follower(row)])),
    slots: new Map(slots.map((slot) => [slot.name, slot])),
  };
}

export interface ReplicaSight {
  /** It takes no writes. */
  readonly inRecovery: boolean;
  /** How far it has the log, on disk. */
  readonly received: string;
  readonly conninfo: string;
  /** It has heard from its primary since it was started. */
  readonly followed: boolean;
}

/** Asks a replica how far it is; rejects when it does not answer. */
export async function lookAtReplica(members: Members, replica: string): Promise<ReplicaSight> {
  const [row] = await members.ask<{
    recovering: boolean;
    received: string | null;
    replayed: string | null;
    conninfo: string;
  }>(
    replica,
    `select pg_is_in_recovery() as recovering, pg_last_wal_receive_lsn()::text as received,
       pg_last_wal_replay_lsn()::text as replayed,
       current_setting('primary_conninfo') as conninfo`,
  );
  return {
    inRecovery: row?.recovering ?? true,
    // After a start it knows at first only what it has replayed.
    received: laterPosition(row?.received ?? '0/0', row?.replayed ?? '0/0'),
    conninfo: row?.conninfo ?? '',
    followed: (row?.received ?? null) !== null,
  };
}
