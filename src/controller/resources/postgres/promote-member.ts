import { rm } from 'node:fs/promises';
import { syncDirectory } from '../../../lib/atomic-file.ts';
import { TurnoutError } from '../../../lib/errors.ts';
import { readControlFile } from './control-file.ts';
import { lookAtReplica } from './member-sight.ts';
import { dataFolderIn } from './postgres-cluster.ts';
import { describeLoss, possibleLoss } from './possible-loss.ts';
import { withStanding } from './replication-record.ts';
import { markReadOnly, markerIn } from './standby-settings.ts';
import { walDistance } from './wal-position.ts';
import type { Members } from './members.ts';
import type { PositionSample, PossibleLoss } from './possible-loss.ts';
import type { MemberStanding, PromotionDecision, PromotionRecord } from './replication-record.ts';

/** A type alias, so that it is assignable to JsonValue. */
export type PromotionReport = {
  readonly from: string;
  readonly to: string;
  readonly loss: PossibleLoss;
  /** What `loss` says, for people. */
  readonly inWords: string;
};

const pollMs = 100;
const answersWithinMs = 15_000;
const promotedWithinMs = 60_000;

/**
 * Carries a promotion through that is on record, from wherever it stands. First the old primary is
 * fenced; who takes over is chosen only when it can acknowledge nothing more. Rejects with
 * `promotion-not-confirmed` when that may cost what nobody agreed to, and with `no-replica-to-promote`
 * when there is none; in both cases the old primary is the primary as before.
 */
export async function carryOnPromotion(
  members: Members,
  promotion: PromotionRecord,
  samples: readonly PositionSample[],
): Promise<PromotionReport> {
  const { from, who } = promotion;
  await fence(members, promotion);
  const received = await receivedByEach(members);
  const decided = promotion.decided ?? (await decide(members, promotion, received, samples));
  const { to, lsn, loss } = decided;
  const inWords = describeLoss(loss);
  if (promotion.decided === null) {
    await members.keeper.change(() => ({ promotion: { ...promotion, decided } }));
    await members.record('resource.promotion-chosen', inWords, { member: to, lsn }, who);
  }
  await promote(members, to);
  await takeOver(members, promotion, decided, received);
  await members.record('resource.promoted', inWords, { from, to, lsn }, who);
  return { from, to, loss, inWords };
}

async function decide(
  members: Members,
  promotion: PromotionRecord,
  received: ReadonlyMap<string, string | null>,
  samples: readonly PositionSample[],
): Promise<PromotionDecision> {
  const { keeper, options } = members;
  const to = chooseMember(promotion, received);
  if (to === null) throw await callOff(members, promotion, noReplica(options.name));
  const control = await readControlFile(dataFolderIn(members.folderOf(promotion.from)));
  const loss = possibleLoss({
    durability: keeper.current.durability,
    received,
    chosen: to,
    samples,
    shutDownAt: control?.shutDown === true ? control.checkpoint : null,
  });
  if (loss.kind === 'some' && !promotion.acceptLoss) {
    throw await callOff(members, promotion, notConfirmed(to, describeLoss(loss)));
  }
  return { to, lsn: received.get(to) ?? '0/0', loss };
}

/** The record says already that it must never be a primary again. */
async function fence(members: Members, { from, who, decided }: PromotionRecord): Promise<void> {
  const dataFolder = dataFolderIn(members.folderOf(from));
  await markReadOnly(dataFolder, members.options.user);
  await syncDirectory(dataFolder).catch(ignoreAbsent);
  await members.fence(from);
  if (decided === null) {
    await members.record(
      'resource.fenced',
      'a replica is to take its place',
      { member: from },
      who,
    );
  }
}

/** Nothing was promoted: the old primary may go on. */
async function callOff(
  members: Members,
  { from, who }: PromotionRecord,
  why: TurnoutError,
): Promise<TurnoutError> {
  const dataFolder = dataFolderIn(members.folderOf(from));
  await rm(markerIn(dataFolder), { force: true }).catch(ignoreAbsent);
  await members.keeper.change(({ members: all }) => ({
    members: withStanding(all, from, { kind: 'primary' }),
    promotion: null,
  }));
  await members.record('resource.promotion-called-off', why.message, { member: from }, who);
  return why;
}

/** How far each replica has the log; null for one that does not answer. */
async function receivedByEach(members: Members): Promise<ReadonlyMap<string, string | null>> {
  const replicas = members.keeper.current.members.filter(
    ({ standing }) => standing.kind === 'replica',
  );
  const asked = replicas.map(
    async ({ name }) => [name, await settledPosition(members, name)] as const,
  );
  return new Map(await Promise.all(asked));
}

/** One that was started only now may still be reading its own log. */
async function settledPosition(members: Members, name: string): Promise<string | null> {
  const { clock } = members.options;
  const deadlineMs = clock.monotonicMs() + answersWithinMs;
  let before: string | null = null;
  for (;;) {
    const sight = members.isUp(name) ? await lookAtReplica(members, name).catch(() => null) : null;
    if (sight !== null && (!sight.inRecovery || sight.received === before)) return sight.received;
    if (clock.monotonicMs() > deadlineMs) return sight?.received ?? null;
    before = sight?.received ?? null;
    await clock.sleep(pollMs);
  }
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

/** Resolves once it takes writes. */
async function promote(members: Members, name: string): Promise<void> {
  const { clock } = members.options;
  const deadlineMs = clock.monotonicMs() + promotedWithinMs;
  for (;;) {
    try {
      if (!(await lookAtReplica(members, name)).inRecovery) return;
      // What the copy was made of may have waited for replicas that are not this one's.
      await members.ask(name, `alter system set synchronous_standby_names = ''`);
      await members.ask(name, 'select pg_promote(false)');
    } catch (error) {
      if (clock.monotonicMs() > deadlineMs) throw error;
    }
    await clock.sleep(pollMs);
  }
}

/** From here on it is the primary, and its replicas are those that are not ahead of it. */
async function takeOver(
  members: Members,
  { from }: PromotionRecord,
  { to, lsn }: PromotionDecision,
  received: ReadonlyMap<string, string | null>,
): Promise<void> {
  const at = new Date(members.options.clock.nowMs()).toISOString();
  const restand = (name: string, standing: MemberStanding): MemberStanding => {
    if (name === to) return { kind: 'primary' };
    const has = received.get(name) ?? null;
    if (standing.kind !== 'replica' || has === null || walDistance(lsn, has) <= 0) return standing;
    return { kind: 'unseeded', why: `it had received more of ${from} than ${to} went on from` };
  };
  await members.keeper.change(({ members: all, durability }) => ({
    members: all.map((member) => ({ ...member, standing: restand(member.name, member.standing) })),
    durability: durability.kind === 'async' ? durability : { kind: 'dropped', lsn, at },
    promotion: null,
  }));
  if (members.keeper.current.durability.kind === 'dropped') {
    const why = `${to} is the primary now, and no replica confirms its commits yet`;
    await members.record('resource.redundancy-lost', why, { lsn, at, replicas: [] });
  }
}

function ignoreAbsent(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

function noReplica(resource: string): TurnoutError {
  return new TurnoutError(
    'no-replica-to-promote',
    `${resource} has no replica that answers and could take over.`,
    'Bring a replica up (`turnout resource status` says why it is down), or the primary.',
  );
}

function notConfirmed(to: string, inWords: string): TurnoutError {
  return new TurnoutError(
    'promotion-not-confirmed',
    `${to} could take over. ${inWords}`,
    'Say that this is accepted with --yes; until then the old primary stays what it was.',
  );
}
