import { describeLoss, possibleLoss } from './possible-loss.ts';
import { promotionNote } from './describe-promotion.ts';
import { graceMs } from './durability-step.ts';
import { primaryOf } from './replication-record.ts';
import { slotOf } from './standby-settings.ts';
import { laterPosition } from './wal-position.ts';
import type { MemberStatus, ResourceStatus, StatusNote } from '../../../contract/status.ts';
import type { PrimarySight } from './member-sight.ts';
import type { MemberRecord } from './replication-record.ts';
import type { Replication } from './replication.ts';

/** A primary that is down for that long will hardly come back by itself. */
export const primaryLostMs = 10_000;

export function describeMembers(replication: Replication): readonly MemberStatus[] {
  return replication.record.members.map((member) => describeMember(replication, member));
}

function describeMember(
  replication: Replication,
  { name, port, standing }: MemberRecord,
): MemberStatus {
  const server = replication.members.server(name).standing;
  const follower = replication.sight?.replicas.get(name);
  const seeding = replication.seeding?.member === name ? replication.seeding : null;
  const base = { name, address: `127.0.0.1:${port}`, lagBytes: null, lagMs: null };
  const down = server.kind === 'down' ? server.reason : null;
  switch (standing.kind) {
    case 'primary':
      return {
        ...base,
        role: 'primary',
        state: server.kind,
        reason: down ?? hangText(replication),
      };
    case 'fenced':
      return { ...base, role: 'fenced', state: 'down', reason: `fenced since ${standing.at}` };
    case 'unseeded': {
      const copying = seeding !== null && seeding.failure === null;
      const reason = seeding?.failure ?? copiedText(seeding?.copied ?? null) ?? standing.why;
      return { ...base, role: 'replica', state: copying ? 'seeding' : 'down', reason };
    }
    case 'replica': {
      const lag =
        follower === undefined ? {} : { lagBytes: follower.lagBytes, lagMs: follower.lagMs };
      const following = follower?.streaming === true;
      const reason = server.kind !== 'up' || following ? down : whyNotFollowing(replication, name);
      return { ...base, ...lag, role: 'replica', state: server.kind, reason };
    }
  }
}

function whyNotFollowing({ record: { promotion } }: Replication, name: string): string {
  if (promotion === null) return 'it does not follow the primary now';
  return promotion.decided?.to === name ? 'it is to take over' : 'there is no primary now';
}

/** Null for a primary that answers. */
export function hangText({ record, watch }: Replication): string | null {
  const since = watch.hangsSince(primaryOf(record)?.name ?? '');
  return since === null ? null : `it does not answer since ${since}`;
}

function copiedText(copied: { copiedBytes: number; totalBytes: number } | null): string | null {
  if (copied === null || copied.totalBytes === 0) return null;
  return `${Math.floor((100 * copied.copiedBytes) / copied.totalBytes)} % copied`;
}

/** How commits are kept now; null for a server alone. */
export function describeDurability(replication: Replication): ResourceStatus['durability'] {
  const { record, settings } = replication;
  if (record.members.length === 1) return null;
  if (settings.durability === 'async') return 'async';
  switch (record.durability.kind) {
    case 'sync':
      return 'sync';
    case 'dropped':
      return 'lost';
    default:
      return 'pending';
  }
}

/** What it would cost if the primary were lost at this moment; null for a server alone. */
export function costOfLoss(replication: Replication): string | null {
  const { record } = replication;
  const replicas = record.members.filter(({ standing }) => standing.kind === 'replica');
  const primary = primaryOf(record);
  if (primary === undefined) return null;
  if (replicas.length === 0) return 'Everything: no replica has a copy.';
  const { sight, positions } = replication;
  if (sight === null) {
    return 'Not known while the primary does not answer; `turnout resource promote` finds out, and asks.';
  }
  const received = new Map(replicas.map(({ name }) => [name, positionOf(name, sight)] as const));
  const [chosen] = [...received].reduce((most, other) =>
    laterPosition(most[1], other[1]) === most[1] ? most : other,
  );
  const question = { durability: record.durability, received, chosen, shutDownAt: null };
  return describeLoss(possibleLoss({ ...question, samples: positions.samples }));
}

/** A replica that is gone for the moment has what it has confirmed. */
function positionOf(name: string, { replicas, slots }: PrimarySight): string {
  return replicas.get(name)?.flushed ?? slots.get(slotOf(name))?.confirmed ?? '0/0';
}

/** What an operator must know of it, without the time it began. */
export function describeNotes(replication: Replication): readonly Omit<StatusNote, 'since'>[] {
  const { record, members, settings } = replication;
  const { name } = members.options;
  const primary = primaryOf(record);
  const notes: Omit<StatusNote, 'since'>[] = [];
  const standing = primary === undefined ? null : members.server(primary.name).standing;
  const downMs =
    standing === null || standing.kind === 'up'
      ? 0
      : members.options.clock.monotonicMs() - standing.sinceMs;
  const hang = hangText(replication);
  const isDown = downMs >= primaryLostMs;
  if ((isDown || hang !== null) && record.members.length > 1) {
    const is = isDown ? 'is down and does not come back by itself' : `runs, but ${hang}`;
    const mend = isDown ? 'Mend what keeps it down' : 'Mend what holds it up (`ps`, its disk)';
    notes.push({
      severity: 'alert',
      code: 'primary-lost',
      about: name,
      message: `${name}: the primary ${primary?.name ?? ''} ${is}.`,
      remedy: `${mend}, or let a replica take over: \`turnout resource promote ${name}\`.`,
    });
  }
  const pending = promotionNote(replication);
  if (pending !== null) notes.push(pending);
  const { durability } = record;
  if (durability.kind === 'dropped') {
    notes.push({
      severity: 'alert',
      code: 'redundancy-lost',
      about: name,
      message: `${name}: redundancy lost at ${durability.at} (${durability.lsn}): commits are on the primary alone.`,
      remedy: wayBack(replication),
    });
  } else if (settings.durability === 'async' && downMs === 0 && alone(replication)) {
    notes.push({
      severity: 'warning',
      code: 'redundancy-lost',
      about: name,
      message: `${name}: redundancy lost: no replica follows the primary.`,
      remedy: `See \`turnout resource status ${name}\`; a broken replica is made anew with \`turnout resource reseed\`.`,
    });
  }
  for (const { name: member, standing: how } of record.members) {
    // Until there is a primary there is nobody to copy, and one of them may yet go on.
    if (how.kind !== 'fenced' || pending !== null) continue;
    notes.push({
      severity: 'warning',
      code: 'member-fenced',
      about: member,
      message:
        how.was === 'chosen'
          ? `${name}: ${member} was chosen to take over, was given up at ${how.at} and is fenced.`
          : `${name}: ${member} was the primary until ${how.at} and is fenced.`,
      remedy: `Make it a replica: \`turnout resource reseed ${name} ${member}\` (throws away the data it has).`,
    });
  }
  return notes;
}

/** What brings redundancy back, with the command where a person has to type one. */
function wayBack({ record, members }: Replication): string {
  const { name } = members.options;
  const down = record.members.find(({ name: member, standing }) => {
    return standing.kind === 'replica' && !members.isUp(member);
  });
  const fenced = record.members.find(({ standing }) => standing.kind === 'fenced');
  const broken = down ?? fenced;
  if (broken === undefined) {
    return `It comes back by itself with a replica; \`turnout resource status ${name}\` says why there is none.`;
  }
  const reseed = `\`turnout resource reseed ${name} ${broken.name}\``;
  return down === undefined
    ? `Make ${broken.name} a replica: ${reseed}.`
    : `${broken.name} is down; it is being started again. Where that does not help: ${reseed}.`;
}

function alone(replication: Replication): boolean {
  const seeded = replication.record.members.some(({ standing }) => standing.kind === 'replica');
  return seeded && replication.seeding === null && replication.aloneMs() >= graceMs;
}
