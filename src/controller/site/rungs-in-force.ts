import { type RungName, worseRung } from '../../contract/feature-health.ts';
import { RUNG_REPORTS_PREFIX, type RungReport } from '../../contract/rung-reports.ts';
import type { FeatureStatus, ProcessStatus, RungStatus } from '../../contract/status.ts';
import type { State } from '../../ports/state/port.ts';

/** The rungs that workers which run have told of, by feature: those of several workers as one. */
export async function rungsInForce(
  state: Pick<State, 'list'>,
  processes: readonly ProcessStatus[],
): Promise<ReadonlyMap<string, readonly RungStatus[]>> {
  const running = new Set(processes.map(({ id }) => id));
  const reports = (await state.list(RUNG_REPORTS_PREFIX)).map(({ value }) => value as RungReport);
  const byFeature = new Map<string, Map<string, RungStatus>>();
  for (const { worker, rungs } of reports) {
    if (!running.has(worker)) continue;
    for (const { feature, rung, need, cause, requests, sinceMs, served } of rungs) {
      const since = new Date(sinceMs).toISOString();
      const found = byFeature.get(feature) ?? new Map<string, RungStatus>();
      const key = JSON.stringify([rung, need, requests]);
      const before = found.get(key);
      found.set(key, {
        rung,
        need,
        cause,
        requests,
        since: before !== undefined && before.since < since ? before.since : since,
        served: served + (before?.served ?? 0),
        workers: 1 + (before?.workers ?? 0),
      });
      byFeature.set(feature, found);
    }
  }
  return new Map([...byFeature].map(([feature, found]) => [feature, [...found.values()]]));
}

/** How a feature stands with the rungs that answer for it, where one is worse than that. */
export function withRungs(status: FeatureStatus, rungs: readonly RungStatus[]): FeatureStatus {
  const [first, ...others] = rungs;
  if (first === undefined) return status;
  const worst = others.reduce((a, b) => (worseRung(a.rung, b.rung) === a.rung ? a : b), first);
  const { rung, since } = worst;
  if (status.rung !== null && worseRung(status.rung, rung) === status.rung) {
    return { ...status, rungs };
  }
  return { ...status, state: rungState(rung), rung, since, rungs };
}

export function rungState(rung: RungName): 'degraded' | 'down' {
  return rung === 'closed' || rung === 'failed' ? 'down' : 'degraded';
}
