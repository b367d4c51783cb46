import { join } from 'node:path';
import { TurnoutError } from '../../../lib/errors.ts';
import type { PromotionStatus, StatusNote } from '../../../contract/status.ts';
import type { PromotionRecord } from './promotion-record.ts';
import type { Replication } from './replication.ts';

/** The promotion that is on record and not through; null when there is none. */
export function describePromotion(replication: Replication): PromotionStatus | null {
  const { promotion } = replication.record;
  if (promotion === null) return null;
  const { from, wanted, decided } = promotion;
  return {
    from,
    to: decided?.to ?? wanted,
    since: decided?.at ?? null,
    openingSince: decided?.openingAt ?? null,
    why: whyPending(replication, promotion),
    remedy: remedyFor(replication, promotion),
  };
}

/** As an operator reads it, for a resource that has no primary meanwhile. */
export function pendingInWords({ from, to, since, why }: PromotionStatus): string {
  if (to === null) return `a replica is to take over from ${from}: ${why}`;
  const chosen = since === null ? '' : `, chosen at ${since},`;
  return `${to}${chosen} is to take over from ${from} and is not the primary yet: ${why}`;
}

/** An alert once the member that was chosen is down, which is no matter of moments any more. */
export function promotionNote(replication: Replication): Omit<StatusNote, 'since'> | null {
  const pending = describePromotion(replication);
  if (pending === null) return null;
  const { name } = replication.members.options;
  const chosen = replication.record.promotion?.decided?.to;
  const isStuck =
    chosen !== undefined && replication.members.server(chosen).standing.kind === 'down';
  return {
    severity: isStuck ? 'alert' : 'warning',
    code: 'promotion-pending',
    about: name,
    message: `${name}: ${pendingInWords(pending)}.`,
    remedy: pending.remedy,
  };
}

/** For who asks for what is being done. */
export function promotionUnderWay(replication: Replication): TurnoutError {
  const { name } = replication.members.options;
  const pending = describePromotion(replication);
  const what = pending === null ? '' : ` ${pendingInWords(pending)}.`;
  return new TurnoutError(
    'promotion-under-way',
    `A promotion of ${name} is under way.${what}`,
    pending?.remedy ?? `See \`turnout resource status ${name}\`.`,
  );
}

function whyPending(
  { members }: Replication,
  { from, decided, replaces }: PromotionRecord,
): string {
  if (decided === null) return `${replaces?.decided.to ?? from} is being fenced`;
  const { standing } = members.server(decided.to);
  switch (standing.kind) {
    case 'down':
      return standing.reason?.split('\n')[0]?.replace(/[:.]$/, '') ?? 'it is down';
    case 'starting':
      return 'it is being started';
    case 'up':
      return 'it is up, and does not take writes yet';
  }
}

function remedyFor({ members, record }: Replication, { from, decided }: PromotionRecord): string {
  if (decided === null) return 'It is decided by itself within a minute.';
  const command = `turnout resource promote ${members.options.name}`;
  const other = record.members.find(({ name, standing }) => {
    return standing.kind === 'replica' && name !== decided.to && members.isUp(name);
  });
  const log = join(members.folderOf(decided.to), 'postgres.log');
  return other === undefined
    ? `Mend what keeps ${decided.to} down (${log}), and it is carried on by itself; or let the old primary go on, where it has come back: \`${command} ${from}\`.`
    : `It is carried on by itself. To let another take over: \`${command} ${other.name}\`.`;
}
