import type { ControlFile } from './control-file.ts';

/** What is left of a member that was chosen to take over, once it is fenced and no server runs. */
export interface OpeningEvidence {
  /** When it was about to be opened, null for not yet; undefined where nobody wrote that down. */
  readonly openingAt: string | null | undefined;
  /** The newest timeline it knew of then; undefined where nobody wrote that down. */
  readonly timelineBefore: number | undefined;
  /** Null for one that cannot be read. */
  readonly control: Pick<ControlFile, 'inRecovery'> | null;
  /** The timelines whose histories are in its log; null where that cannot be read. */
  readonly histories: readonly number[] | null;
}

/** Whether it has taken writes that nobody else has. */
export type Opening = 'never' | 'perhaps' | 'opened';

/**
 * PostgreSQL writes the history of the timeline it begins, then says in its control file that it is
 * in production, and only then takes writes (`StartupXLOG`). So one that is in recovery has taken
 * none; where the history is there all the same it was on the point of it, and that is not relied
 * on.
 */
export function mayHaveOpened(evidence: OpeningEvidence): Opening {
  const { openingAt, timelineBefore, control, histories } = evidence;
  if (openingAt === null) return 'never';
  if (control === null) return 'perhaps';
  if (!control.inRecovery) return 'opened';
  if (histories === null || timelineBefore === undefined) return 'perhaps';
  return histories.some((timeline) => timeline > timelineBefore) ? 'perhaps' : 'never';
}
