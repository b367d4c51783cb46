import type { ServiceHealth } from '../../contract/service-health.ts';
import type { NeedState, NeedStatus } from '../../contract/status.ts';

/**
 * What the instances of a service report of its needs, put together: a need is `down` when any says
 * so, `up` when all report and none does, else `unknown`. Null is an instance that reports nothing.
 * A role that is lost (`db.primary`) gets a line of its own below its need.
 */
export function reportedNeeds(
  needs: readonly NeedStatus[],
  reports: readonly (ServiceHealth | null)[],
): readonly NeedStatus[] {
  const down = new Set(reports.flatMap((report) => report?.down ?? []));
  const allReport = reports.length > 0 && reports.every((report) => report !== null);
  const otherwise: NeedState = allReport ? 'up' : 'unknown';
  return needs.flatMap(({ need, kind, target }) => {
    const roles = [...down].filter((name) => name.startsWith(`${need}.`)).sort();
    return [need, ...roles].map((name): NeedStatus => ({
      need: name,
      kind,
      target,
      state: down.has(name) ? 'down' : otherwise,
    }));
  });
}
