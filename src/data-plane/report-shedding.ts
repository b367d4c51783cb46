import {
  SHED_REPORTS_PREFIX,
  type ServiceLoadStats,
  type ShedReport,
} from '../contract/shed-reports.ts';
import type { Log } from '../lib/log.ts';
import type { Clock } from '../ports/clock/port.ts';
import type { State } from '../ports/state/port.ts';

interface ShedReporterParts {
  readonly id: string;
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
}

const EVERY_MS = 2_000;

/** Tells state what a worker has before its services and what it turned away, as it changes. */
export function reportShedding(
  stats: () => readonly ServiceLoadStats[],
  shedder: { readonly lagMs: number },
  { id, state, clock, log }: ShedReporterParts,
): { close(): void } {
  let told = '';
  let isTelling = false;
  const tell = async (): Promise<void> => {
    const services = stats();
    const mark = JSON.stringify(services);
    if (isTelling || mark === told) return;
    isTelling = true;
    try {
      const lagMs = Math.round(shedder.lagMs);
      const report: ShedReport = { worker: id, atMs: clock.nowMs(), lagMs, services };
      await state.put(`${SHED_REPORTS_PREFIX}${id}`, report);
      told = mark;
    } catch (error) {
      log.warn('What was turned away was not told', { error: String(error) });
    } finally {
      isTelling = false;
    }
  };
  const timer = clock.every(EVERY_MS, () => void tell());
  return { close: () => timer.cancel() };
}
