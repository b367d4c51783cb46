import {
  HEALTH_REPORT_LIVES_MS,
  HEALTH_REPORTS_PREFIX,
  type HealthReport,
} from '../../contract/health-report.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { State } from '../../ports/state/port.ts';

/**
 * What workers have told of how features and needs stand. A worker that is gone is silent, and one
 * that has been silent for long says nothing any more.
 */
export async function readHealthReports({
  state,
  clock,
}: {
  readonly state: Pick<State, 'list'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}): Promise<readonly HealthReport[]> {
  const records = await state.list(HEALTH_REPORTS_PREFIX);
  const nowMs = clock.nowMs();
  return records
    .map(({ value }) => value as HealthReport)
    .filter(({ atMs }) => nowMs - atMs < HEALTH_REPORT_LIVES_MS);
}
