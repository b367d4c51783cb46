import type { CompiledConfiguration } from './compile-configuration.ts';
import type { Gateway } from './gateway/open-gateway.ts';
import type { AttemptCounters, AttemptParts } from './gateway/attempt/attempt.ts';
import { Switches } from './gateway/switches/switches.ts';
import { createQueue } from './gateway/writes/open-queue.ts';
import type { TimerWheel } from '../lib/timer-wheel.ts';
import { openHealth } from './open-health.ts';
import { openLadders } from './open-ladders.ts';
import type { SnapshotKeeper } from './open-snapshots.ts';
import type { WorkerStores } from './open-stores.ts';
import type { PipelineParts } from './stages.ts';
import type { WorkerOptions } from './worker.ts';

/** What a worker does when a feature cannot do what it promises, and what it says of that. */
export interface Degradation {
  readonly switches: Switches;
  readonly snapshots: SnapshotKeeper;
  readonly ladders: ReturnType<typeof openLadders>['ladders'];
  readonly writes: PipelineParts['writes'];
  readonly health: PipelineParts['health'];
  /** From now on the site asks for what rungs stand in with, and sends again what was queued. */
  start(parts: AttemptParts): void;
  /** Tells nobody any more; what is under way steps down as before. */
  stop(): void;
  /** Once nothing comes from outside any more. */
  close(): Promise<void>;
}

export function openDegradation(
  options: WorkerOptions,
  own: {
    readonly wheel: TimerWheel;
    readonly gateway: Pick<Gateway, 'services' | 'circuits'>;
    readonly counters: AttemptCounters;
    readonly stores: Pick<WorkerStores, 'lastGoodAnswers'>;
  },
  configuration: () => CompiledConfiguration | null,
): Degradation {
  const { wheel, gateway } = own;
  const { services } = gateway;
  const switches = new Switches(options);
  const queue = createQueue(options, switches);
  const writes = queue?.writes ?? null;
  const stepping = openLadders(options, { ...own, services, writes });
  const { health, reporter } = openHealth(options, wheel, configuration, {
    circuits: () => gateway.circuits.report().circuits,
    queues: () => queue?.depths() ?? [],
  });
  return {
    switches,
    writes,
    health,
    ladders: stepping.ladders,
    snapshots: stepping.snapshots,
    start(parts) {
      stepping.start(configuration);
      queue?.open(parts, configuration);
    },
    stop() {
      reporter.cancel();
      switches.close();
    },
    async close() {
      await queue?.close();
      await stepping.close();
    },
  };
}
