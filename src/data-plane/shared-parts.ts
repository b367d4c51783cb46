import type { TimerWheel } from '../lib/timer-wheel.ts';
import type { Log } from '../lib/log.ts';
import type { Clock } from '../ports/clock/port.ts';
import type { Randomness } from '../ports/randomness/port.ts';
import { createTraceIds } from './edge/admit/trace-ids.ts';
import type { EdgeTables } from './edge/edge-tables.ts';
import { HeldClients } from './edge/rules/held-clients.ts';
import type { RuleWorld } from './edge/rules/judge-request.ts';
import type { AttemptCounters } from './gateway/attempt/attempt.ts';
import type { Ladders } from './gateway/ladder/ladders.ts';
import type { QueuedWrites } from './gateway/writes/queued-writes.ts';
import type { Shedder } from './gateway/shed/shedder.ts';
import type { Switches } from './gateway/switches/switches.ts';
import { Ofrep } from './ofrep/ofrep.ts';
import type { WorkerStores } from './open-stores.ts';
import type { PipelineParts } from './stages.ts';
import type { WorkerOptions } from './worker.ts';

/** What the pipelines of all fronts work with. */
export type SharedParts = Omit<PipelineParts, 'side' | 'httpsPort' | 'configuration'>;

export function sharedParts(
  { clock, randomness, log }: Pick<WorkerOptions, 'clock' | 'randomness' | 'log'>,
  own: {
    readonly wheel: TimerWheel;
    readonly stores: WorkerStores;
    readonly edge: EdgeTables;
    readonly held: HeldClients;
    readonly counters: AttemptCounters;
    readonly ladders: Ladders;
    readonly writes: QueuedWrites | null;
    readonly health: PipelineParts['health'];
    readonly shedder: Shedder;
    readonly switches: Switches;
  },
): SharedParts {
  const { wheel, stores, edge, held, counters } = own;
  const { ladders, writes, health, shedder, switches } = own;
  return {
    clock,
    wheel,
    randomness,
    slowed: new HeldClients(wheel),
    rules: { world: ruleWorld(clock, wheel, randomness), held },
    counters,
    ofrep: new Ofrep(() => switches.document),
    frontends: stores.frontends,
    cache: stores.cache,
    ladders,
    writes,
    shedder,
    bans: edge.bans,
    autoBan: edge.autoBan,
    health,
    traceIds: createTraceIds(randomness),
    report: reportTo(log),
  };
}

/** A request that failed by a defect of ours. */
function reportTo(log: Log): PipelineParts['report'] {
  return (error, exchange, side) =>
    log.error('A request failed inside', {
      side,
      request: exchange.id,
      method: exchange.request.method,
      path: exchange.request.path,
      tags: exchange.request.tags,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
}

function ruleWorld(clock: Clock, wheel: TimerWheel, randomness: Randomness): RuleWorld {
  return { nowMs: () => clock.nowMs(), monotonicMs: () => wheel.nowMs, randomness };
}
