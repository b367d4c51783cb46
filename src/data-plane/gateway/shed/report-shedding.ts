import {
  SHED_REPORTS_PREFIX,
  type ServiceLoadStats,
  type ShedReport,
} from '../../../contract/shed-reports.ts';
import type { Log } from '../../../lib/log.ts';
import type { Clock, Timer } from '../../../ports/clock/port.ts';
import type { State } from '../../../ports/state/port.ts';
import type { RunningService } from '../services.ts';

interface ShedReporterParts {
  readonly id: string;
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
}

const EVERY_MS = 2_000;
/** A report that is older is of a worker that has nothing to tell any more, or is gone. */
const FRESH_MS = 10_000;

/**
 * Tells state what a worker has before its services and what it turned away, as it changes; and
 * while it turns away, hears what the other workers hold of the same services. Without state each
 * goes by its own.
 */
export function reportShedding(
  services: () => readonly Pick<RunningService, 'service' | 'load'>[],
  shedder: { readonly lagMs: number },
  { id, state, clock, log }: ShedReporterParts,
): Timer {
  let told = '';
  let isTelling = false;
  const tell = async (): Promise<void> => {
    const stats = services().map(({ service, load }) => load.stats(service));
    const mark = JSON.stringify(stats);
    if (isTelling || mark === told) return;
    isTelling = true;
    try {
      const lagMs = Math.round(shedder.lagMs);
      const report: ShedReport = { worker: id, atMs: clock.nowMs(), lagMs, services: stats };
      await state.put(`${SHED_REPORTS_PREFIX}${id}`, report);
      told = mark;
      if (!stats.some(isShedding)) return;
      const others = (await state.list(SHED_REPORTS_PREFIX))
        .map(({ value }) => value as ShedReport)
        .filter(({ worker, atMs }) => worker !== id && clock.nowMs() - atMs < FRESH_MS)
        .flatMap((other) => other.services.filter(isShedding));
      for (const { service, load } of services()) {
        const own = stats.find((each) => each.service === service);
        if (own === undefined || !isShedding(own)) continue;
        load.agree(others.filter((other) => other.service === service));
      }
    } catch (error) {
      log.warn('What was turned away was not told', { error: String(error) });
    } finally {
      isTelling = false;
    }
  };
  return clock.every(EVERY_MS, () => void tell());
}

/** Whether its limit counts: that of a service that answers all is but the most there may be. */
function isShedding({ features }: ServiceLoadStats): boolean {
  return features.some(({ sinceMs }) => sinceMs !== null);
}
