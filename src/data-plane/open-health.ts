import type { HealthReport } from '../contract/health-report.ts';
import type { TimerWheel } from '../lib/timer-wheel.ts';
import type { Timer } from '../ports/clock/port.ts';
import { HealthAnswers } from './gateway/saying/health-answers.ts';
import { type HealthSources, ownReport } from './gateway/saying/own-report.ts';
import { steadyEpoch } from './gateway/saying/steady-epoch.ts';
import { SiteSight } from './gateway/saying/site-sight.ts';
import type { CompiledConfiguration } from './compile-configuration.ts';
import { reportHealth } from './report-health.ts';
import type { WorkerOptions } from './worker.ts';

/** What tells how things stand: to state once a second, and to who asks. */
export function openHealth(
  options: Pick<WorkerOptions, 'id' | 'state' | 'clock' | 'log' | 'operatorToken'>,
  wheel: TimerWheel,
  configuration: () => CompiledConfiguration | null,
  sources: HealthSources,
): { readonly health: HealthAnswers; readonly reporter: Timer } {
  const parts = { ...options, wheel, sources, epochMs: steadyEpoch(options.clock, wheel) };
  const own = (): HealthReport | null => {
    const inForce = configuration();
    return inForce === null ? null : ownReport(inForce, parts);
  };
  const sight = new SiteSight({ ...parts, own });
  const health = new HealthAnswers({
    look: () => sight.look(),
    token: options.operatorToken ?? (async () => null),
  });
  return { health, reporter: reportHealth(own, options) };
}
