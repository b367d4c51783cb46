import { TurnoutError } from '../../../lib/errors.ts';
import { lookAtPrimary } from './member-sight.ts';
import { promotionUnderWay } from './describe-promotion.ts';
import { replacePromotion } from './replace-promotion.ts';
import { primaryOf, withStanding } from './replication-record.ts';
import type { PromotionReport } from './promote-member.ts';
import type { MemberRecord } from './replication-record.ts';
import type { Replication } from './replication.ts';

export interface PromotionRequest {
  /** The replica that is to take over; null for the one that has received most. */
  readonly member: string | null;
  /** Also where the primary is well. */
  readonly force: boolean;
  /** Whatever it costs; else it is called off where it may cost anything. */
  readonly acceptLoss: boolean;
  readonly who: string;
}

const followPollMs = 200;
const replicaUpWithinMs = 5_000;

/** What an operator asks for, once it is plain that it makes sense. */
export async function beginPromotion(
  replication: Replication,
  request: PromotionRequest,
): Promise<PromotionReport> {
  const { member, force, acceptLoss, who } = request;
  const { members } = replication;
  const { name } = members.options;
  const { promotion: pending } = replication.record;
  if (pending !== null) {
    if (member === null) throw promotionUnderWay(replication);
    if (member !== pending.from) await assertCanTakeOver(replication, member);
    return replacePromotion(replication, member, request);
  }
  return replication.exclusively(async () => {
    const primary = primaryOf(replication.record);
    if (primary === undefined) throw promotionUnderWay(replication);
    if (member !== null) replicaNamed(replication, member);
    if (!(await someReplicaIsUp(replication))) throw noReplicaUp(replication);
    if (!force && (await isWell(replication, primary))) throw primaryIsWell(name, primary.name);
    const at = new Date(members.options.clock.nowMs()).toISOString();
    const promotion = {
      from: primary.name,
      wanted: member,
      decided: null,
      acceptLoss,
      who,
      round: 0,
    };
    // Whatever happens from here on, it is not started as a primary again.
    await members.keeper.change(({ members: all }) => ({
      members: withStanding(all, primary.name, { kind: 'fenced', at }),
      promotion,
    }));
    const report = await replication.promote();
    if (report === null) throw promotionUnderWay(replication);
    return report;
  });
}

/** Resolves once the member follows the primary again. */
export async function beginReseed(
  replication: Replication,
  member: string,
  who: string,
): Promise<void> {
  const { members } = replication;
  const { clock, name } = members.options;
  // There is nobody to copy, and its turn would come late.
  if (replication.record.promotion !== null) throw promotionUnderWay(replication);
  await replication.exclusively(async () => {
    const found = memberNamed(replication, member);
    if (found.standing.kind === 'primary') throw memberIsPrimary(name, member);
    const primary = primaryOf(replication.record);
    if (primary === undefined || !members.isUp(primary.name)) throw primaryNotUp(name);
    if (replication.seeding?.member === member) await replication.stopSeeding();
    await members.keeper.restand(member, { kind: 'unseeded', why: `asked for by ${who}` });
    await members.record('resource.reseeding', null, { member }, who);
    await members.stop(member);
    replication.seedSoon();
  });
  for (;;) {
    const { standing } = memberNamed(replication, member);
    const follows = replication.sight?.replicas.get(member)?.streaming === true;
    if (standing.kind === 'replica' && follows) return;
    if (replication.isClosed) throw new Error('the controller stops; the next one goes on');
    await clock.sleep(followPollMs);
  }
}

/** Before anything is done to the one that was chosen before. */
async function assertCanTakeOver(replication: Replication, member: string): Promise<void> {
  if (replication.record.promotion?.decided?.to === member) throw promotionUnderWay(replication);
  replicaNamed(replication, member);
  const isUp = await someReplicaIsUp(replication, member);
  if (!isUp) throw noReplicaUp(replication);
}

/** That one where one is named. One that died is started again within moments. */
async function someReplicaIsUp(
  { record, members }: Replication,
  named: string | null = null,
): Promise<boolean> {
  const { clock } = members.options;
  const deadlineMs = clock.monotonicMs() + replicaUpWithinMs;
  const replicas = record.members.filter(({ name, standing }) => {
    return standing.kind === 'replica' && (named === null || name === named);
  });
  for (;;) {
    if (replicas.some(({ name }) => members.isUp(name))) return true;
    const mayCome = replicas.length > 0;
    if (!mayCome || clock.monotonicMs() > deadlineMs) return false;
    await clock.sleep(followPollMs);
  }
}

async function isWell({ members, watch }: Replication, primary: MemberRecord): Promise<boolean> {
  if (!members.isUp(primary.name) || watch.hangsSince(primary.name) !== null) return false;
  return lookAtPrimary(members, primary.name).then(
    () => true,
    () => false,
  );
}

function memberNamed({ record, members }: Replication, name: string): MemberRecord {
  const found = members.find(name);
  if (found !== undefined) return found;
  throw new TurnoutError(
    'member-unknown',
    `${members.options.name} has no member “${name}”.`,
    `It has ${record.members.map((member) => member.name).join(', ')}.`,
  );
}

function replicaNamed(replication: Replication, name: string): void {
  const { standing } = memberNamed(replication, name);
  if (standing.kind === 'replica') return;
  const is = standing.kind === 'unseeded' ? 'still waits for its copy' : `is ${standing.kind}`;
  throw new TurnoutError(
    'member-not-a-replica',
    `${name} ${is} and cannot take over.`,
    'Name a replica that follows the primary; or none, and the one that has most is taken.',
  );
}

function noReplicaUp({ record, members }: Replication): TurnoutError {
  const resource = members.options.name;
  const fenced = record.members.find(({ standing }) => standing.kind === 'fenced');
  const more =
    fenced === undefined
      ? '`replicas: 1` in site.yaml asks for one'
      : `\`turnout resource reseed ${resource} ${fenced.name}\` makes one of the old primary`;
  return new TurnoutError(
    'no-replica-to-promote',
    `${resource} has no replica that is up and could take over.`,
    `\`turnout resource status ${resource}\` says why; ${more}.`,
  );
}

function primaryIsWell(resource: string, primary: string): TurnoutError {
  return new TurnoutError(
    'primary-is-well',
    `${primary} is up and well, and ${resource} needs no other primary.`,
    'Use --force to change over all the same: its clients are disconnected for a moment.',
  );
}

function memberIsPrimary(resource: string, member: string): TurnoutError {
  return new TurnoutError(
    'member-is-primary',
    `${member} is the primary of ${resource}: there is nobody it could be copied from.`,
    `Let a replica take its place first: \`turnout resource promote ${resource}\`.`,
  );
}

function primaryNotUp(resource: string): TurnoutError {
  return new TurnoutError(
    'primary-not-up',
    `${resource} has no primary that could be copied now.`,
    `Bring the primary up, or promote a replica: \`turnout resource promote ${resource}\`.`,
  );
}
