import type { TimerWheel } from '../../lib/timer-wheel.ts';
import { createHealthChecks, type HealthChecks } from './attempt/ask-health.ts';
import { ShareLeases, type ShareParts } from './circuits/lease-shares.ts';
import { type CircuitReporter, reportCircuits } from './circuits/report-circuits.ts';
import { createOriginResolver, type OriginResolver } from './resolve-origins.ts';
import { Shedder, type ShedderParts } from './shed/shedder.ts';
import { reportShedding } from './shed/report-shedding.ts';
import { createServices, type Services } from './services.ts';

/** The services that a worker stands in front of, and what it does about them by itself. */
export interface Gateway {
  readonly services: Services;
  readonly origins: OriginResolver;
  readonly health: HealthChecks;
  readonly shares: ShareLeases;
  readonly circuits: Pick<CircuitReporter, 'report'>;
  readonly shedder: Shedder;
  /** Looks up and asks nobody any more; what is under way goes on. */
  stop(): void;
  /** Once nothing is under way: gives back connections, and its part of what is shared. */
  close(): Promise<void>;
}

const SWEEP_MS = 1_000;

export function openGateway(
  wheel: TimerWheel,
  parts: ShareParts & Pick<ShedderParts, 'randomness'>,
): Gateway {
  const { clock, log } = parts;
  const services = createServices(wheel, () => reporter.changed());
  const reporter = reportCircuits(services, wheel, parts);
  const origins = createOriginResolver(services, clock, log);
  const health = createHealthChecks(services, clock);
  const shares = new ShareLeases(services.bulkheads, parts);
  const list = () => services.list();
  const shedder = new Shedder({ ...parts, services: list });
  const telling = reportShedding(list, shedder, parts);
  const sweeping = clock.every(SWEEP_MS, () => services.sweep());
  return {
    services,
    origins,
    health,
    shares,
    circuits: reporter,
    shedder,
    stop() {
      reporter.close();
      origins.close();
      health.close();
      shedder.cancel();
      telling.cancel();
      sweeping.cancel();
    },
    close() {
      services.close();
      return shares.close();
    },
  };
}
