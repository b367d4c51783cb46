import type { Log } from '../../lib/log.ts';
import type { TimerWheel } from '../../lib/timer-wheel.ts';
import type { Clock } from '../../ports/clock/port.ts';
import { createHealthChecks, type HealthChecks } from './attempt/ask-health.ts';
import { createOriginResolver, type OriginResolver } from './resolve-origins.ts';
import { createServices, type Services } from './services.ts';

/** The services that a worker stands in front of, and what it does about them by itself. */
export interface Gateway {
  readonly services: Services;
  readonly origins: OriginResolver;
  readonly health: HealthChecks;
  /** Looks up and asks nobody any more; what is under way goes on until `services` is closed. */
  close(): void;
}

const SWEEP_MS = 1_000;

export function openGateway(
  wheel: TimerWheel,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Gateway {
  const services = createServices(wheel);
  const origins = createOriginResolver(services, clock, log);
  const health = createHealthChecks(services, clock);
  const sweeping = clock.every(SWEEP_MS, () => services.sweep());
  return {
    services,
    origins,
    health,
    close() {
      origins.close();
      health.close();
      sweeping.cancel();
    },
  };
}
