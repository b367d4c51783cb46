import { assertStands } from './promotion-record.ts';
import { walDistance } from './wal-position.ts';
import type { Members } from './members.ts';
import type { PromotionDecision, PromotionRecord } from './promotion-record.ts';
import type { MemberStanding } from './replication-record.ts';

/**
 * From here on the one that was decided on is the primary, and its replicas are those that are not
 * ahead of it. Rejects with `promotion-replaced` when the promotion does not stand any more.
 */
export async function takeOver(
  members: Members,
  promotion: PromotionRecord,
  { to, lsn, received = {} }: PromotionDecision,
): Promise<void> {
  const { from } = promotion;
  const at = new Date(members.options.clock.nowMs()).toISOString();
  const restand = (name: string, standing: MemberStanding): MemberStanding => {
    if (name === to) return { kind: 'primary' };
    const has = received[name];
    if (standing.kind !== 'replica' || has === undefined || walDistance(lsn, has) <= 0)
      return standing;
    return { kind: 'unseeded', why: `it had received more of ${from} than ${to} went on from` };
  };
  await members.keeper.change((now) => {
    assertStands(now, promotion);
    const { durability } = now;
    return {
      members: now.members.map((member) => ({
        ...member,
        standing: restand(member.name, member.standing),
      })),
      durability: durability.kind === 'async' ? durability : { kind: 'dropped', lsn, at },
      promotion: null,
    };
  });
  if (members.keeper.current.durability.kind === 'dropped') {
    const why = `${to} is the primary now, and no replica confirms its commits yet`;
    await members.record('resource.redundancy-lost', why, { lsn, at, replicas: [] });
  }
}
