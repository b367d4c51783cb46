import { TurnoutError } from '../../../lib/errors.ts';
import { lookAtReplica } from './member-sight.ts';
import { dataFolderIn } from './postgres-cluster.ts';
import { assertStands } from './promotion-record.ts';
import { timelineHistories } from './timeline-histories.ts';
import type { Members } from './members.ts';
import type { PromotionRecord } from './promotion-record.ts';

const pollMs = 100;
const openWithinMs = 60_000;

/**
 * Resolves once the member that was chosen takes writes. That it is about to is on disk before it
 * is told. Rejects with `promotion-replaced` as soon as the promotion does not stand any more.
 */
export async function openMember(
  { members, signal }: { readonly members: Members; readonly signal: AbortSignal },
  promotion: PromotionRecord,
  name: string,
): Promise<void> {
  const { clock } = members.options;
  const deadlineMs = clock.monotonicMs() + openWithinMs;
  for (;;) {
    assertStands(members.keeper.current, promotion);
    let reason = 'it does not say why';
    try {
      const { inRecovery } = await lookAtReplica(members, name);
      await noteOpening(members, promotion, name);
      if (!inRecovery) return;
      // What the copy was made of may have waited for replicas that are not this one's.
      await members.ask(name, `alter system set synchronous_standby_names = ''`);
      assertStands(members.keeper.current, promotion);
      await members.ask(name, 'select pg_promote(false)');
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    if (clock.monotonicMs() > deadlineMs) throw stillClosed(members.options.name, name, reason);
    await clock.sleep(pollMs, signal);
  }
}

async function noteOpening(
  members: Members,
  promotion: PromotionRecord,
  name: string,
): Promise<void> {
  // One of the version before may have been told already, and nobody knows when.
  if (members.keeper.current.promotion?.decided?.openingAt !== null) return;
  const histories = await timelineHistories(dataFolderIn(members.folderOf(name)));
  const openingAt = new Date(members.options.clock.nowMs()).toISOString();
  const timeline = histories === null ? {} : { timeline: Math.max(1, ...histories) };
  await members.keeper.change((now) => {
    assertStands(now, promotion);
    const decided = now.promotion?.decided ?? null;
    if (now.promotion === null || decided === null) return {};
    return { promotion: { ...now.promotion, decided: { ...decided, openingAt, ...timeline } } };
  });
}

function stillClosed(resource: string, member: string, reason: string): TurnoutError {
  return new TurnoutError(
    'promotion-under-way',
    `${member} was chosen to take over, and does not open: ${reason}.`,
    `It is carried on by itself. \`turnout resource status ${resource}\` says how another takes over.`,
  );
}
