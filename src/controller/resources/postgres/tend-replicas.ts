import { lookAtReplica } from './member-sight.ts';
import { promptly } from './members.ts';
import { hasCluster } from './running-server.ts';
import { slotOf } from './standby-settings.ts';
import type { Members } from './members.ts';
import type { PrimarySight } from './member-sight.ts';
import type { MemberRecord } from './replication-record.ts';

/**
 * What a replica's own log says when nothing but a fresh copy will help: its log and the primary's
 * went different ways, or what it lacks is thrown away.
 */
const hopeless = [
  /requested WAL segment \S+ has already been removed/,
  /requested starting point \S+ (?:on timeline \d+ )?is (?:ahead|not in this server)/,
  /can no longer (?:get changes from|access) replication slot/,
  /new timeline \d+ forked off current database system timeline \d+ before/,
  /highest timeline \d+ of the primary is behind recovery timeline/,
];
const linesRead = 20;
/** Everything else waits meanwhile; one that takes longer is asked again at the next look. */
const answersWithinMs = 500;

/**
 * Sees to it that each replica follows the primary that is, and that the primary keeps log for
 * members and for nobody else. Returns the replicas that need a fresh copy, and why.
 */
export async function tendReplicas(
  members: Members,
  primary: MemberRecord,
  sight: PrimarySight,
): Promise<ReadonlyMap<string, string>> {
  const replicas = members.keeper.current.members.filter(
    ({ standing }) => standing.kind === 'replica',
  );
  await keepSlots(members, primary, sight, replicas);
  const beyondHelp = new Map<string, string>();
  for (const replica of replicas) {
    const { name } = replica;
    if (sight.slots.get(slotOf(name))?.lost === true) {
      beyondHelp.set(name, 'it fell further behind than the primary keeps log for');
      continue;
    }
    if (!(await hasCluster(members.server(name).cluster.dataFolder))) {
      beyondHelp.set(name, 'its data are gone');
      continue;
    }
    // One that is connected, be it silent, needs nothing.
    if (sight.replicas.has(name) || !members.isUp(name)) continue;
    if (await repoint(members, primary, name)) continue;
    const line = await hopelessLine(members, name);
    if (line !== null) beyondHelp.set(name, line);
  }
  return beyondHelp;
}

async function keepSlots(
  members: Members,
  primary: MemberRecord,
  { slots }: PrimarySight,
  replicas: readonly MemberRecord[],
): Promise<void> {
  const wanted = new Set(replicas.map(({ name }) => slotOf(name)));
  // The slot of a copy that is being made.
  const kept = new Set(members.keeper.current.members.map(({ name }) => slotOf(name)));
  for (const slot of wanted) {
    if (slots.has(slot)) continue;
    await members.ask(primary.name, 'select pg_create_physical_replication_slot($1, true)', [slot]);
  }
  for (const [slot, { active }] of slots) {
    if (active || (kept.has(slot) && slot !== slotOf(primary.name))) continue;
    await members.ask(primary.name, 'select pg_drop_replication_slot($1)', [slot]);
    await members.record('resource.slot-dropped', null, { slot, member: primary.name });
  }
}

/** Points a replica to the primary; false when it answers and is pointed there already. */
async function repoint(members: Members, primary: MemberRecord, name: string): Promise<boolean> {
  // One that hangs says nothing, and cannot be told anything either.
  if (members.isAsked(name)) return true;
  const sight = await promptly(
    members,
    lookAtReplica(members, name).catch(() => null),
    answersWithinMs,
  );
  if (sight === null) return true;
  const { conninfo } = sight;
  const wanted = members.conninfo(name, primary);
  if (conninfo === wanted) return false;
  await members.ask(name, `alter system set primary_conninfo = '${wanted}'`);
  await members.ask(name, `alter system set primary_slot_name = '${slotOf(name)}'`);
  await members.ask(name, 'select pg_reload_conf()');
  await members.record('resource.repointed', null, { member: name, to: primary.name });
  return true;
}

async function hopelessLine(members: Members, name: string): Promise<string | null> {
  const lines = await members.server(name).cluster.lastLines(linesRead);
  const line = lines.findLast((candidate) => hopeless.some((pattern) => pattern.test(candidate)));
  return line?.replace(/^.*?(?:FATAL|LOG|ERROR):\s*/, '') ?? null;
}
