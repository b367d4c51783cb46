import { TurnoutError } from '../../../lib/errors.ts';
import { readControlFile } from './control-file.ts';
import { promotionUnderWay } from './describe-promotion.ts';
import { dataFolderIn } from './postgres-cluster.ts';
import { withStanding } from './replication-record.ts';
import type { PromotionRequest } from './member-requests.ts';
import type { PromotionReport } from './promote-member.ts';
import type { DecidedPromotion, PromotionRecord } from './promotion-record.ts';
import type { Replication } from './replication.ts';

/**
 * Puts another member in the place of the one that was chosen to take over and has not. It does not
 * wait for its turn: whoever carries the choice before on finds in the record that it stands no
 * more. Rejects with `promotion-under-way` when no other member is named, or nobody is chosen
 * yet.
 */
export async function replacePromotion(
  replication: Replication,
  wanted: string,
  { acceptLoss, who }: PromotionRequest,
): Promise<PromotionReport> {
  const { members } = replication;
  const { clock, name } = members.options;
  const before = replaceable(replication, replication.record.promotion, wanted);
  if (wanted === before.from) await assertReadable(replication, wanted);
  const report = await replication.request(async () => {
    const at = new Date(clock.nowMs()).toISOString();
    await members.keeper.change((now) => {
      const replaces = replaceable(replication, now.promotion, wanted);
      const { from, round = 0, decided } = replaces;
      return {
        // Whatever happens from here on, it is not started as a primary.
        members: withStanding(now.members, decided.to, { kind: 'fenced', at, was: 'chosen' }),
        promotion: {
          from,
          wanted,
          acceptLoss,
          who,
          decided: null,
          round: round + 1,
          replaces,
        },
      };
    });
    const data = { member: before.decided.to, to: wanted };
    const why = `${wanted} is to take over in its place`;
    await members.record('resource.promotion-replaced', why, data, who);
  });
  if (report === null) throw notPending(name);
  return report;
}

function replaceable(
  replication: Replication,
  promotion: PromotionRecord | null,
  wanted: string,
): DecidedPromotion {
  if (promotion === null) throw notPending(replication.members.options.name);
  const { decided } = promotion;
  if (decided === null || decided.to === wanted) throw promotionUnderWay(replication);
  return { ...promotion, decided };
}

async function assertReadable({ members }: Replication, oldPrimary: string): Promise<void> {
  if ((await readControlFile(dataFolderIn(members.folderOf(oldPrimary)))) !== null) return;
  throw new TurnoutError(
    'member-not-a-replica',
    `${oldPrimary} was the primary, and its data cannot be read: it cannot go on.`,
    'Bring its data back, or name a replica.',
  );
}

function notPending(resource: string): TurnoutError {
  return new TurnoutError(
    'promotion-replaced',
    `The promotion of ${resource} came to its end while another member was named.`,
    `See \`turnout resource status ${resource}\`: it says who is the primary now.`,
  );
}
