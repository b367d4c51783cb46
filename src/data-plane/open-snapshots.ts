import { join } from 'node:path';

import type { PurgeTarget } from '../contract/keys.ts';
import type { TimerWheel } from '../lib/timer-wheel.ts';
import type { CompiledConfiguration } from './compile-configuration.ts';
import { createTraceIds } from './edge/admit/trace-ids.ts';
import type { Answer, Exchange } from './exchange.ts';
import { KeptSnapshots } from './gateway/ladder/snapshots/kept-snapshots.ts';
import {
  forgetPurged,
  type RefreshParts,
  SnapshotRefresh,
} from './gateway/ladder/snapshots/refresh-snapshots.ts';
import { SiteExchange } from './gateway/ladder/snapshots/site-exchange.ts';
import type { Snapshots } from './gateway/ladder/snapshots/snapshot.ts';
import type { CompiledRoute } from './gateway/route/compile-routes.ts';
import type { WorkerOptions } from './worker.ts';

/** Whom the worker tells of what state says of snapshots. */
export interface SnapshotKeeper extends Pick<KeptSnapshots, 'names' | 'set'> {
  /** Everywhere, unless they were renewed since. */
  purge(target: PurgeTarget, saidEpochMs: number): void;
}

/** The snapshots of a worker, and its turn at renewing those of the site. */
export interface OpenSnapshots {
  readonly kept: Snapshots;
  readonly keeper: SnapshotKeeper;
  /** From now on what the configuration in force names is asked for, by `ask`. */
  start(
    configuration: () => CompiledConfiguration | null,
    ask: (exchange: Exchange, route: CompiledRoute) => Answer | Promise<Answer>,
  ): void;
  close(): Promise<void>;
}

type SnapshotOptions = Pick<
  WorkerOptions,
  'id' | 'clock' | 'randomness' | 'state' | 'blobs' | 'log' | 'snapshotEveryMs' | 'lastGoodFolder'
>;

/** How old the newest good answer is that a `static` rung has, at most, while all is well. */
const EVERY_MS = 30_000;

export function openSnapshots(options: SnapshotOptions, wheel: TimerWheel): OpenSnapshots {
  const { randomness, state, log, lastGoodFolder } = options;
  const snapshots = new KeptSnapshots({ ...options, folder: join(lastGoodFolder, 'snapshots') });
  const traceIds = createTraceIds(randomness);
  const refreshing: SnapshotRefresh[] = [];
  let asking: SiteExchange | null = null;
  return {
    kept: snapshots,
    keeper: {
      names: () => snapshots.names(),
      set: (name, record) => snapshots.set(name, record),
      purge(target, saidEpochMs) {
        const names = snapshots.purge(target, saidEpochMs);
        forgetPurged(names, saidEpochMs, state).catch((error: unknown) =>
          log.warn('A snapshot was not purged from state', { error: String(error) }),
        );
      },
    },
    start(configuration, ask) {
      const askFor: RefreshParts['ask'] = ({ feature, path, host }) => {
        const match = configuration()?.internal.routes.match(host, 'GET', path);
        if (match?.kind !== 'route' || match.route.feature !== feature) return null;
        asking = new SiteExchange(randomness.id(), path, host, traceIds.make());
        return ask(asking, match.route);
      };
      const everyMs = options.snapshotEveryMs ?? EVERY_MS;
      const targets: RefreshParts['targets'] = () => configuration()?.snapshots ?? null;
      void snapshots.restore();
      refreshing.push(new SnapshotRefresh({ ...options, wheel, everyMs, targets, ask: askFor }));
    },
    async close() {
      const closing = refreshing.map((each) => each.close());
      asking?.abandon();
      await Promise.all([...closing, snapshots.close()]);
    },
  };
}
