import { laterPosition, walDistance } from './wal-position.ts';
import { lookAtPrimary } from './member-sight.ts';
import { parseStandbyNames, slotOf, standbyNames } from './standby-settings.ts';
import type { DurabilityAction } from './durability-step.ts';
import type { Members } from './members.ts';
import type { PrimarySight } from './member-sight.ts';

const pollMs = 20;
const inForceWithinMs = 10_000;
/** A replica that does not confirm by then may hang, and is looked at anew. */
const confirmedWithinMs = 2_000;

/** Carries out what `durabilityStep` decided. The record never promises more than is in force. */
export async function keepDurability(
  members: Members,
  action: DurabilityAction,
  wanted: 'sync' | 'async',
  sight: PrimarySight,
): Promise<void> {
  const { keeper } = members;
  switch (action.kind) {
    case 'none':
      return;
    case 'drop':
      return dropToAsync(members, sight);
    case 'wait-for':
      return waitFor(members, action.quorum, sight);
    case 'release':
      if (wanted === 'async' && keeper.current.durability.kind !== 'async') {
        await keeper.change(() => ({ durability: { kind: 'async' } }));
      }
      await setStandbyNames(members, sight.member, []);
  }
}

async function dropToAsync(members: Members, sight: PrimarySight): Promise<void> {
  const { keeper, options } = members;
  const before = keeper.current.durability;
  const quorum = before.kind === 'sync' ? before.quorum : [];
  const at = new Date(options.clock.nowMs()).toISOString();
  const lsn = lastConfirmed(quorum, sight);
  // Before anything is acknowledged that no replica has.
  await keeper.change(() => ({ durability: { kind: 'dropped', lsn, at } }));
  await members.record('resource.redundancy-lost', 'no replica confirms commits any more', {
    lsn,
    at,
    replicas: [...quorum],
  });
  await setStandbyNames(members, sight.member, []);
}

/** How far the log is on the replicas that counted: their slots remember it after they are gone. */
function lastConfirmed(quorum: readonly string[], { replicas, slots }: PrimarySight): string {
  return quorum
    .map((name) => replicas.get(name)?.flushed ?? slots.get(slotOf(name))?.confirmed ?? '0/0')
    .reduce(laterPosition, '0/0');
}

async function waitFor(
  members: Members,
  quorum: readonly string[],
  sight: PrimarySight,
): Promise<void> {
  const { keeper, options } = members;
  const before = keeper.current.durability;
  const at = (): string => new Date(options.clock.nowMs()).toISOString();
  if (before.kind === 'sync') {
    // While both may be in force everybody counts.
    const either = [...new Set([...before.quorum, ...quorum])].sort();
    await keeper.change(() => ({ durability: { ...before, quorum: either } }));
  }
  await setStandbyNames(members, sight.member, quorum);
  if (!(await isConfirmed(members, sight.member, quorum))) return;
  await keeper.change(() => ({ durability: { kind: 'sync', quorum, at: at() } }));
  if (before.kind === 'sync') return;
  const kind = before.kind === 'dropped' ? 'resource.redundancy-restored' : 'resource.sync';
  const dropped = before.kind === 'dropped' ? { lostAt: before.at, lostLsn: before.lsn } : {};
  await members.record(kind, null, { replicas: [...quorum], lsn: sight.lsn, ...dropped });
}

/** Tells the primary whom commits wait for; resolves once new commits do. */
async function setStandbyNames(
  members: Members,
  primary: string,
  quorum: readonly string[],
): Promise<void> {
  const { clock } = members.options;
  const value = standbyNames(quorum);
  const [own] = await members.ask<{ now: string }>(primary, showNames);
  if (own?.now === value) return;
  await members.ask(primary, `alter system set synchronous_standby_names = '${value}'`);
  await members.ask(primary, 'select pg_reload_conf()');
  const deadlineMs = clock.monotonicMs() + inForceWithinMs;
  for (;;) {
    const [row] = await members.ask<{ now: string }>(primary, showNames);
    const now = parseStandbyNames(row?.now ?? '');
    if (now.length === quorum.length && now.every((name) => quorum.includes(name))) break;
    if (clock.monotonicMs() > deadlineMs) throw new Error('the primary does not read its settings');
    await clock.sleep(pollMs);
  }
  if (quorum.length === 0) return;
  // Sessions go by what the checkpointer has published, and it reads its settings before it begins
  // a checkpoint: one that began after our session has read them began with the new ones.
  const session = await members.openSession(primary);
  try {
    await clock.sleep(5 * pollMs);
    await session.query('checkpoint');
  } finally {
    await session.end();
  }
}

const showNames = `select current_setting('synchronous_standby_names') as now`;

/**
 * Whether everything that was acknowledged until now is on one of these: what came later waited for
 * one of them, and what came before is there once one of them has the log up to here.
 */
async function isConfirmed(
  members: Members,
  primary: string,
  quorum: readonly string[],
): Promise<boolean> {
  const { clock } = members.options;
  const { lsn: target } = await lookAtPrimary(members, primary);
  const deadlineMs = clock.monotonicMs() + confirmedWithinMs;
  while (clock.monotonicMs() < deadlineMs) {
    const { replicas } = await lookAtPrimary(members, primary);
    const has = (name: string): boolean =>
      walDistance(target, replicas.get(name)?.flushed ?? '0/0') >= 0;
    if (quorum.some(has)) return true;
    await clock.sleep(pollMs);
  }
  return false;
}
