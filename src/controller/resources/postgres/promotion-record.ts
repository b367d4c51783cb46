import { TurnoutError } from '../../../lib/errors.ts';
import type { PerhapsOpened, PossibleLoss } from './possible-loss.ts';

export interface PromotionRecord {
  readonly from: string;
  /** Whom somebody wished for; null leaves it to who has received most. */
  readonly wanted: string | null;
  /** Null until the old primary is fenced. */
  readonly decided: PromotionDecision | null;
  readonly acceptLoss: boolean;
  readonly who: string;
  /** How many choices were given up before it; absent where the version before wrote it. */
  readonly round?: number;
  /** Until it is decided: whose place it is to take, which stands again if it comes to nothing. */
  readonly replaces?: DecidedPromotion;
}

export type DecidedPromotion = PromotionRecord & { readonly decided: PromotionDecision };

/** What is optional is absent where the version before decided. */
export interface PromotionDecision {
  readonly to: string;
  /** How far it had the log of the old primary. */
  readonly lsn: string;
  readonly loss: PossibleLoss;
  readonly at?: string;
  /** Null until it is about to be told to take writes: on disk before it is. */
  readonly openingAt?: string | null;
  /** The newest that its folder knew of then; to take writes it begins the next. */
  readonly timeline?: number;
  /** How far each replica had the log, when the old primary could give no more. */
  readonly received?: Readonly<Record<string, string>>;
  /** Of those chosen before and given up. */
  readonly perhapsOpened?: readonly PerhapsOpened[];
}

/**
 * Throws `promotion-replaced` when somebody has named another member since. What a promotion does
 * next is done only while it stands.
 */
export function assertStands(
  now: { readonly promotion: PromotionRecord | null },
  { from, round = 0 }: PromotionRecord,
): void {
  if (now.promotion !== null && (now.promotion.round ?? 0) === round) return;
  const other = now.promotion?.wanted ?? 'Another member';
  throw new TurnoutError(
    'promotion-replaced',
    `${other} was named to take over from ${from}, in the place of the one chosen before.`,
    'See `turnout resource status`: it says who takes over now.',
  );
}
