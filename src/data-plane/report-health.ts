import { HEALTH_REPORTS_PREFIX, type HealthReport } from '../contract/health-report.ts';
import type { Log } from '../lib/log.ts';
import type { Clock, Timer } from '../ports/clock/port.ts';
import type { State } from '../ports/state/port.ts';

export interface HealthReporterParts {
  readonly id: string;
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
}

const EVERY_MS = 1_000;
/** Said again where nothing has changed, so that a report that is older is nobody's any more. */
const AGAIN_MS = 10_000;

/**
 * Tells state how things stand by what this worker sees: once a second while anything changes. A
 * state that is away loses a report and nothing else.
 */
export function reportHealth(
  report: () => HealthReport | null,
  { id, state, clock, log }: HealthReporterParts,
): Timer {
  let told = '';
  let toldMs = Number.NEGATIVE_INFINITY;
  let isTelling = false;
  let isFailing = false;
  const tell = async (): Promise<void> => {
    const now = report();
    if (now === null || isTelling) return;
    const mark = JSON.stringify({ ...now, atMs: 0 });
    if (mark === told && clock.monotonicMs() - toldMs < AGAIN_MS) return;
    isTelling = true;
    try {
      await state.put(`${HEALTH_REPORTS_PREFIX}${id}`, now);
      told = mark;
      toldMs = clock.monotonicMs();
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn('How features stand is not told', { error: String(error) });
      isFailing = true;
    } finally {
      isTelling = false;
    }
  };
  return clock.every(EVERY_MS, () => void tell());
}
