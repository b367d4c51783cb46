import { RUNG_REPORTS_PREFIX, type ReportedRung } from '../contract/rung-reports.ts';
import type { RuleReporterParts } from './report-rules.ts';

const EVERY_MS = 1_000;

/** Tells state which rungs are in force in a worker, whenever that has changed. */
export function reportRungs(
  inForce: () => readonly ReportedRung[],
  { id, state, clock, log }: RuleReporterParts,
): { close(): void } {
  /** Of before a restart there may be others. */
  let told: string | null = null;
  let isTelling = false;
  const tell = async (): Promise<void> => {
    const rungs = inForce();
    const mark = JSON.stringify(rungs);
    if (isTelling || mark === told) return;
    isTelling = true;
    try {
      await state.put(`${RUNG_REPORTS_PREFIX}${id}`, { worker: id, atMs: clock.nowMs(), rungs });
      told = mark;
    } catch (error) {
      log.warn('Which rungs are in force was not told', { error: String(error) });
    } finally {
      isTelling = false;
    }
  };
  const timer = clock.every(EVERY_MS, () => void tell());
  return { close: () => timer.cancel() };
}
