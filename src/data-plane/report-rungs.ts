import {
  RUNG_REPORTS_PREFIX,
  type ReportedRung,
  type RungReport,
} from '../contract/rung-reports.ts';
import type { RuleReporterParts } from './report-rules.ts';

const EVERY_MS = 1_000;

/**
 * Tells state which rungs are in force in a worker, whenever that has changed. `ended` is told of
 * those that the worker of this name had when it was last there.
 */
export function reportRungs(
  inForce: () => readonly ReportedRung[],
  ended: (rung: ReportedRung) => void,
  { id, state, clock, log }: RuleReporterParts,
): { close(): void } {
  const key = `${RUNG_REPORTS_PREFIX}${id}`;
  let told: string | null = null;
  let isTelling = false;
  const tell = async (): Promise<void> => {
    const rungs = inForce();
    const mark = JSON.stringify(rungs);
    if (isTelling || mark === told) return;
    isTelling = true;
    try {
      const before = told === null ? await state.get(key) : null;
      await state.put(key, { worker: id, atMs: clock.nowMs(), rungs });
      told = mark;
      for (const rung of (before?.value as RungReport | undefined)?.rungs ?? []) ended(rung);
    } catch (error) {
      log.warn('Which rungs are in force was not told', { error: String(error) });
    } finally {
      isTelling = false;
    }
  };
  const timer = clock.every(EVERY_MS, () => void tell());
  return { close: () => timer.cancel() };
}
