import type { CircuitStatus } from '../../../contract/circuits.ts';
import type { HealthReport, QueueReport } from '../../../contract/health-report.ts';
import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import type { Clock } from '../../../ports/clock/port.ts';
import type { FeaturePolicy } from '../../../derive/policies/policies.ts';
import type { FeatureStanding } from './feature-standing.ts';
import type { NeedsBoard } from './needs-board.ts';

/** A feature of the site, and how it stands. */
export interface ToldFeature {
  readonly feature: string;
  readonly tier: FeaturePolicy['tier'];
  /** Whether any of its routes is there for the public. */
  readonly isPublic: boolean;
  readonly standing: FeatureStanding;
}

/** What a service declares that it needs, and what its instances say of that. */
export interface ToldNeeds {
  readonly service: string;
  readonly declared: readonly string[];
  readonly board: NeedsBoard;
}

/** What is told of, in the configuration in force. */
export interface Told {
  readonly features: readonly ToldFeature[];
  readonly needs: readonly ToldNeeds[];
}

/** What other parts of the gateway know of how things stand. */
export interface HealthSources {
  circuits(): readonly CircuitStatus[];
  queues(): readonly QueueReport[];
}

export interface OwnReportParts {
  readonly id: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly wheel: Pick<TimerWheel, 'nowMs'>;
  /** What a time of the wheel is in milliseconds since the epoch. */
  epochMs(monotonicMs: number): number;
  readonly sources: HealthSources;
}

/** What this worker has seen of how things stand. */
export function ownReport(
  { features, needs }: Told,
  { id, clock, wheel, sources, epochMs }: OwnReportParts,
): HealthReport {
  const atMs = clock.nowMs();
  const nowMs = wheel.nowMs;
  return {
    worker: id,
    atMs,
    features: features.map(({ feature, tier, isPublic, standing }) => {
      const { rung, sinceMs, heardMs, reason } = standing.standing(nowMs);
      return {
        feature,
        tier,
        isPublic,
        rung,
        sinceMs: epochMs(sinceMs),
        heardMs: heardMs === null ? null : epochMs(heardMs),
        reason: reason === null ? null : { cause: reason.cause, need: reason.need },
        stats: standing.stats(nowMs),
      };
    }),
    needs: needs.flatMap(({ service, declared, board }) =>
      board
        .standings(declared, nowMs)
        .map(({ sinceMs, ...need }) => Object.assign(need, { service, sinceMs: epochMs(sinceMs) })),
    ),
    circuits: sources.circuits().filter(({ state }) => state !== 'closed'),
    queues: sources.queues(),
  };
}
