import type { TimerWheel } from '../lib/timer-wheel.ts';
import type { CompiledConfiguration } from './compile-configuration.ts';
import { attempt, type AttemptCounters } from './gateway/attempt/attempt.ts';
import { usualHysteresis } from './gateway/ladder/hysteresis.ts';
import { RungJournal } from './gateway/ladder/rung-journal.ts';
import { Ladders } from './gateway/ladder/ladders.ts';
import { regionService } from './gateway/ladder/region-service.ts';
import type { QueuedWrites } from './gateway/writes/queued-writes.ts';
import type { Services } from './gateway/services.ts';
import { openSnapshots, type SnapshotKeeper } from './open-snapshots.ts';
import type { WorkerStores } from './open-stores.ts';
import { reportRungs } from './report-rungs.ts';
import type { WorkerOptions } from './worker.ts';

export interface OpenLadders {
  readonly ladders: Ladders;
  readonly snapshots: SnapshotKeeper;
  /** From now on what the configuration in force names is asked for. */
  start(configuration: () => CompiledConfiguration | null): void;
  close(): Promise<void>;
}

type LadderOptions = Parameters<typeof openSnapshots>[0] &
  Pick<WorkerOptions, 'journal' | 'hysteresis'>;

/** The ladders of a worker, with what rungs answer with and who is told of them. */
export function openLadders(
  options: LadderOptions,
  own: {
    readonly wheel: TimerWheel;
    readonly services: Services;
    readonly counters: AttemptCounters;
    readonly writes: QueuedWrites | null;
    readonly stores: Pick<WorkerStores, 'lastGoodAnswers'>;
  },
): OpenLadders {
  const { clock, randomness } = options;
  const { wheel, services, counters, stores } = own;
  const journal = new RungJournal(options);
  const snapshots = openSnapshots(options, wheel);
  const ladders = new Ladders({
    clock,
    randomness,
    wheel,
    lastGood: stores.lastGoodAnswers,
    snapshots: snapshots.kept,
    writes: own.writes,
    standing: {
      terms: options.hysteresis ?? usualHysteresis,
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      listener: journal,
    },
    ask(exchange, route, region) {
      const name = regionService(region);
      const service = services.get(name);
      if (service.endpoints.length === 0) return null;
      // The site there knows the path as the client does; its needs and limits are its own.
      const there = {
        ...route,
        service,
        circuits: services.circuits.of(name, name),
        bulkhead: null,
        policy: { ...route.policy, needs: [], ladder: [] },
        rewrite: (path: string) => path,
      };
      return attempt(exchange, there, { clock, randomness, wheel, counters });
    },
  });
  const reporting = reportRungs(
    () => ladders.inForce(),
    (rung) => journal.ended(rung),
    options,
  );
  return {
    ladders,
    snapshots: snapshots.keeper,
    start: (configuration) =>
      snapshots.start(configuration, (exchange, route) =>
        ladders.ask(exchange, route, (asked) =>
          attempt(asked, route, { clock, randomness, wheel, counters }),
        ),
      ),
    async close() {
      reporting.close();
      await Promise.all([journal.close(), snapshots.close()]);
    },
  };
}
