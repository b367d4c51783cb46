import { TurnoutError } from '../../../lib/errors.ts';
import { readControlFile } from './control-file.ts';
import { fenceMember } from './fence-member.ts';
import {
  acknowledgeOpened,
  giveUpChoice,
  isReplacement,
  perhapsOpenedBy,
  perhapsOpenedError,
  reinstate,
  restoreChoice,
} from './give-up-choice.ts';
import { openMember } from './open-member.ts';
import { dataFolderIn } from './postgres-cluster.ts';
import { describeLoss, possibleLoss, withPerhapsOpened } from './possible-loss.ts';
import { assertStands } from './promotion-record.ts';
import { receivedByEach } from './received-positions.ts';
import { takeOver } from './take-over.ts';
import { walDistance } from './wal-position.ts';
import type { Replacement } from './give-up-choice.ts';
import type { Members } from './members.ts';
import type { Opening } from './may-have-opened.ts';
import type { PositionSample, PossibleLoss } from './possible-loss.ts';
import type { PromotionDecision, PromotionRecord } from './promotion-record.ts';

/** A type alias, so that it is assignable to JsonValue. */
export type PromotionReport = {
  readonly from: string;
  readonly to: string;
  readonly loss: PossibleLoss;
  /** What `loss` says, for people. */
  readonly inWords: string;
};

/** What a promotion is carried on with. */
export interface Carrying {
  readonly members: Members;
  readonly samples: readonly PositionSample[];
  /** The controller ends: what is not through is carried on by the next. */
  readonly signal: AbortSignal;
}

/**
 * Carries a promotion through that is on record, from wherever it stands. First the old primary is
 * fenced; who takes over is chosen only when it can acknowledge nothing more. Rejects with
 * `promotion-not-confirmed` when that may cost what nobody agreed to, and with
 * `no-replica-to-promote` when there is none; in both cases the old primary is the primary as
 * before, or the choice stands that this one was to replace. Rejects with `promotion-replaced` once
 * it is replaced itself, and with `promotion-opened` when the one it was to replace is the primary.
 */
export async function carryOnPromotion(
  carrying: Carrying,
  promotion: PromotionRecord,
): Promise<PromotionReport> {
  const { members, signal } = carrying;
  const { from, who } = promotion;
  signal.throwIfAborted();
  await fenceMember(members, from);
  let opening: Opening = 'never';
  if (isReplacement(promotion)) {
    opening = await giveUpChoice(members, promotion);
    if (opening === 'opened') throw await acknowledgeOpened(members, promotion);
    if (promotion.wanted === from) return goBack(members, promotion, opening);
  } else if (promotion.decided === null) {
    const why = 'a replica is to take its place';
    await members.record('resource.fenced', why, { member: from }, who);
  }
  const decided = promotion.decided ?? (await decide(carrying, promotion, opening));
  const { to, lsn, loss } = decided;
  const inWords = describeLoss(loss);
  await openMember(carrying, promotion, to);
  await takeOver(members, promotion, decided);
  await members.record('resource.promoted', inWords, { from, to, lsn }, who);
  return { from, to, loss, inWords };
}

/** Resolves once the decision is on disk. */
async function decide(
  carrying: Carrying,
  promotion: PromotionRecord,
  opening: Opening,
): Promise<PromotionDecision> {
  const { members, samples, signal } = carrying;
  const { from, wanted, acceptLoss, replaces, round = 0, who } = promotion;
  const { keeper, options } = members;
  const answers = await receivedByEach(members, signal);
  const to = chooseMember(promotion, answers);
  if (to === null) throw await callOff(members, promotion, noReplica(options.name));
  const control = await readControlFile(dataFolderIn(members.folderOf(from)));
  const received = { ...receivedBefore(replaces?.decided), ...withoutNulls(answers) };
  const lsn = received[to] ?? '0/0';
  const perhapsOpened = replaces === undefined ? [] : perhapsOpenedBy(replaces.decided, opening);
  const ofPrimary = possibleLoss({
    durability: keeper.current.durability,
    received: new Map(Object.entries(received)),
    chosen: to,
    samples,
    shutDownAt: control?.shutDown === true ? control.checkpoint : null,
  });
  const loss = withPerhapsOpened(ofPrimary, perhapsOpened, lsn);
  const inWords = describeLoss(loss);
  if (loss.kind === 'some' && !acceptLoss) {
    throw await callOff(members, promotion, notConfirmed(promotion, to, inWords));
  }
  const at = new Date(options.clock.nowMs()).toISOString();
  const decided = { to, lsn, loss, at, openingAt: null, received, perhapsOpened };
  await keeper.change((now) => {
    assertStands(now, promotion);
    return { promotion: { from, wanted, acceptLoss, who, round, decided } };
  });
  await members.record('resource.promotion-chosen', inWords, { member: to, lsn }, who);
  return decided;
}

/** The old primary, which has come back, goes on as one: it has all that it acknowledged. */
async function goBack(
  members: Members,
  promotion: Replacement,
  opening: Opening,
): Promise<PromotionReport> {
  const { from, who, replaces } = promotion;
  const { to, perhapsOpened = [] } = replaces.decided;
  if (opening !== 'never' || perhapsOpened.length > 0) {
    throw await restoreChoice(members, promotion, perhapsOpenedError(members, promotion));
  }
  await reinstate(members, promotion);
  const why = `${to} has taken no write, and ${from} has all that it acknowledged`;
  await members.record('resource.promotion-called-off', why, { member: from }, who);
  const loss = { kind: 'none', why } as const;
  return { from: to, to: from, loss, inWords: describeLoss(loss) };
}

/** Nothing was promoted: the old primary may go on, or the choice before stands. */
async function callOff(
  members: Members,
  promotion: PromotionRecord,
  why: TurnoutError,
): Promise<TurnoutError> {
  if (isReplacement(promotion)) return restoreChoice(members, promotion, why);
  const { from, who } = promotion;
  await reinstate(members, promotion);
  await members.record('resource.promotion-called-off', why.message, { member: from }, who);
  return why;
}

function chooseMember(
  { wanted }: PromotionRecord,
  received: ReadonlyMap<string, string | null>,
): string | null {
  const there = [...received].filter(([name]) => wanted === null || name === wanted);
  const answering = there.flatMap(([name, lsn]) => (lsn === null ? [] : [{ name, lsn }]));
  answering.sort((a, b) => walDistance(a.lsn, b.lsn) || a.name.localeCompare(b.name));
  return answering[0]?.name ?? null;
}

/** It holds on: the old primary was fenced before, and nobody has received more of it since. */
function receivedBefore(earlier: PromotionDecision | undefined): Readonly<Record<string, string>> {
  return earlier === undefined ? {} : (earlier.received ?? { [earlier.to]: earlier.lsn });
}

function withoutNulls(
  received: ReadonlyMap<string, string | null>,
): Readonly<Record<string, string>> {
  const known = [...received].flatMap(([name, lsn]) => (lsn === null ? [] : [[name, lsn]]));
  return Object.fromEntries(known) as Record<string, string>;
}

function noReplica(resource: string): TurnoutError {
  return new TurnoutError(
    'no-replica-to-promote',
    `${resource} has no replica that answers and could take over.`,
    'Bring a replica up (`turnout resource status` says why it is down), or the primary.',
  );
}

function notConfirmed({ replaces }: PromotionRecord, to: string, inWords: string): TurnoutError {
  const meanwhile =
    replaces === undefined
      ? 'the old primary stays what it was'
      : `${replaces.decided.to} is still the one that was chosen`;
  return new TurnoutError(
    'promotion-not-confirmed',
    `${to} could take over. ${inWords}`,
    `Say that this is accepted with --yes; until then ${meanwhile}.`,
  );
}
