import { join } from 'node:path';
import { TurnoutError } from '../../../lib/errors.ts';
import { readControlFile } from './control-file.ts';
import { fenceMember, unfenceMember } from './fence-member.ts';
import { mayHaveOpened } from './may-have-opened.ts';
import { dataFolderIn } from './postgres-cluster.ts';
import { withStanding } from './replication-record.ts';
import { takeOver } from './take-over.ts';
import { timelineHistories } from './timeline-histories.ts';
import type { Opening } from './may-have-opened.ts';
import type { Members } from './members.ts';
import type { PerhapsOpened } from './possible-loss.ts';
import type { DecidedPromotion, PromotionDecision, PromotionRecord } from './promotion-record.ts';

/** A promotion that takes the place of another. */
export type Replacement = PromotionRecord & { readonly replaces: DecidedPromotion };

export function isReplacement(promotion: PromotionRecord): promotion is Replacement {
  return promotion.decided === null && promotion.replaces !== undefined;
}

/** Fences the member that was chosen before, and finds out whether it has taken writes. */
export async function giveUpChoice(
  members: Members,
  { replaces, who }: Replacement,
): Promise<Opening> {
  const { to, openingAt, timeline } = replaces.decided;
  await fenceMember(members, to);
  const dataFolder = dataFolderIn(members.folderOf(to));
  const opening = mayHaveOpened({
    openingAt,
    timelineBefore: timeline,
    control: await readControlFile(dataFolder),
    histories: await timelineHistories(dataFolder),
  });
  await members.record('resource.fenced', fencedWhy[opening], { member: to, opening }, who);
  return opening;
}

const fencedWhy: Readonly<Record<Opening, string>> = {
  never: 'another is to take over in its place; it has taken no write',
  perhaps: 'another is to take over in its place; it may have taken writes',
  opened: 'another was to take over in its place; it has taken writes',
};

/** What is known of those given up before, for the decision that comes after. */
export function perhapsOpenedBy(
  { to, at, perhapsOpened = [] }: PromotionDecision,
  opening: Opening,
): readonly PerhapsOpened[] {
  return opening === 'never'
    ? perhapsOpened
    : [...perhapsOpened, { member: to, since: at ?? null }];
}

/** Nothing comes of the replacement: the choice before stands again, and is carried on. */
export async function restoreChoice(
  members: Members,
  { replaces, who }: Replacement,
  why: TurnoutError,
): Promise<TurnoutError> {
  const { to } = replaces.decided;
  await members.keeper.change((now) => ({
    members: withStanding(now.members, to, { kind: 'replica' }),
    promotion: replaces,
  }));
  const member = members.find(to);
  // One that does not come up is tried again by itself.
  if (member !== undefined) members.start(member).catch(() => undefined);
  await members.record('resource.promotion-restored', why.message, { member: to }, who);
  return why;
}

/** It takes writes: it is the primary, and only that was not written down yet. */
export async function acknowledgeOpened(
  members: Members,
  promotion: Replacement,
): Promise<TurnoutError> {
  const { replaces, from } = promotion;
  const { to, lsn } = replaces.decided;
  await unfenceMember(members, to);
  await takeOver(members, promotion, replaces.decided);
  const why = 'it had taken writes before another could be promoted in its place';
  await members.record('resource.promoted', why, { from, to, lsn }, replaces.who);
  return opened(members.options.name, to);
}

/** The choice before took no write, and the old primary is there again: it goes on as one. */
export async function reinstate(members: Members, promotion: PromotionRecord): Promise<void> {
  const { from } = promotion;
  await unfenceMember(members, from);
  await members.keeper.change((now) => ({
    members: withStanding(now.members, from, { kind: 'primary' }),
    promotion: null,
  }));
}

function opened(resource: string, to: string): TurnoutError {
  return new TurnoutError(
    'promotion-opened',
    `${to} has taken writes already: it is the primary of ${resource}.`,
    `It is started again by itself; where it does not come up, promote once more: \`turnout resource promote ${resource}\`.`,
  );
}

export function perhapsOpenedError(
  members: Members,
  { from, replaces }: Replacement,
): TurnoutError {
  const { to } = replaces.decided;
  const other = members.keeper.current.members.find(
    ({ name, standing }) => standing.kind === 'replica' && name !== to,
  );
  return new TurnoutError(
    'promotion-perhaps-opened',
    `${to} may have taken writes, and ${from} has none of them: it cannot go on as the primary.`,
    other === undefined
      ? `Bring ${to} up (${join(members.folderOf(to), 'postgres.log')} says what it lacks); there is no other replica. Where it is beyond repair, what is left is a backup: \`turnout restore\`.`
      : `Bring ${to} up, or let a replica take over and accept the loss: \`turnout resource promote ${members.options.name} ${other.name} --yes\`.`,
  );
}
