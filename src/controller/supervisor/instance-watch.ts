import type { ServiceHealth } from '../../contract/service-health.ts';
import { checkHealth } from './check-health.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { Driver, InstanceExit } from '../../ports/driver/port.ts';
import type { Instance, ServiceEvent } from './service-state.ts';
import type { Version } from './version.ts';

/** While it starts it is asked often, so that it takes requests as soon as it can. */
const startingEveryMs = 50;
const shownLines = 20;

export interface InstanceWatch {
  readonly driver: Driver;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The instance as it stands now; null once nobody wants to know of it. */
  instance(): Instance | null;
  health(): Version['plan']['health'] | null;
  /** Told with each answer what the instance says of its needs; null when it says nothing. */
  report(id: string, report: ServiceHealth | null): void;
  /** Resolves when what came of the event is saved; false when it came too late to be taken. */
  tell(event: ServiceEvent): Promise<boolean>;
}

/**
 * Asks an instance for its health in its rhythm until the watch is aborted or the instance leaves
 * rotation.
 */
export async function watchHealth(watch: InstanceWatch): Promise<void> {
  for (;;) {
    const instance = watch.instance();
    const health = watch.health();
    if (instance === null || health === null || instance.process === null) return;
    const { kind } = instance.state;
    if (kind === 'draining' || kind === 'stopping') return;
    const everyMs =
      kind === 'starting' ? Math.min(startingEveryMs, health.everyMs) : health.everyMs;
    await watch.clock.sleep(everyMs, watch.signal);
    const { problem, report } = await checkHealth({
      address: instance.process.address,
      path: health.path,
      timeoutMs: health.timeoutMs,
    });
    if (watch.signal.aborted) return;
    watch.report(instance.id, report);
    await watch.tell({ kind: 'checked', id: instance.id, problem });
  }
}

/** Waits for its end, tells how it went and what it wrote last, and forgets it. */
export async function watchExit(id: string, watch: InstanceWatch): Promise<void> {
  const exit = await watch.driver.waitForExit(id, watch.signal);
  const lastLines = await watch.driver.lastLines(id, shownLines);
  // Before all else workers must learn it.
  const taken = await watch.tell({ kind: 'exited', id, exit, lastLines });
  // Else a successor shall find it.
  if (taken) await watch.driver.forget(id);
}

/** Takes the last lines of a dead instance and forgets it. */
export async function buryInstance(driver: Driver, id: string): Promise<readonly string[]> {
  const lastLines = await driver.lastLines(id, shownLines);
  await driver.forget(id);
  return lastLines;
}

/** How an exit is told when nobody could see it. */
export const unseenExit: InstanceExit = { code: null, signal: null };
