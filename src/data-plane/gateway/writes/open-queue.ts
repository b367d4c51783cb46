import type { QueueReport } from '../../../contract/health-report.ts';
import type { AttemptParts } from '../attempt/attempt.ts';
import { attempt } from '../attempt/attempt.ts';
import type { CompiledConfiguration } from '../../compile-configuration.ts';
import type { WorkerOptions } from '../../worker.ts';
import { holdsWrites } from '../switches/feature-switch.ts';
import type { Switches } from '../switches/switches.ts';
import type { QueueParts } from './queue-parts.ts';
import { QueuedWrites } from './queued-writes.ts';
import type { WriteJournal } from './replay/announce-dead.ts';
import { Replay } from './replay/replay.ts';

/** What a worker needs to queue and to replay. */
export interface QueueOptions extends QueueParts {
  readonly journal: WriteJournal;
  /** Of this process alone, as holder of the right to replay. */
  readonly holder: string;
}

export interface Queue {
  readonly writes: QueuedWrites;
  /** Begins to replay; `configuration` is the one in force. */
  open(parts: AttemptParts, configuration: () => CompiledConfiguration | null): void;
  /** What waits, as this process knows while it is the one that replays; else empty. */
  depths(): readonly QueueReport[];
  close(): Promise<void>;
}

/** How many are replayed a second where an older configuration does not say. */
const PER_SECOND = 50;

/** Null where nothing can be queued. */
export function createQueue(
  options: Pick<WorkerOptions, 'state' | 'clock' | 'randomness' | 'log' | 'queue'>,
  switches: Pick<Switches, 'of'>,
): Queue | null {
  const { queue = null, state, clock, randomness, log } = options;
  if (queue === null) return null;
  const writes = new QueuedWrites(queue, randomness, log);
  let replay: Replay | null = null;
  return {
    writes,
    open(parts, configuration) {
      replay = new Replay({
        ...queue,
        state,
        clock,
        randomness,
        log,
        monotonicMs: () => clock.monotonicMs(),
        attempt: (exchange, route) => attempt(exchange, route, parts),
        wentWell({ standing, ladder }, method) {
          standing.replayed(parts.wheel.nowMs);
          ladder?.standings(method).answered();
        },
        isHeld: (feature) => holdsWrites(switches.of(feature)),
        perSecond: (feature) => replayRate(configuration(), feature),
        routeOf({ side, host, method, path }, feature) {
          const compiled = configuration();
          if (compiled === null) return 'not-yet';
          const match = compiled[side].routes.match(host, method, path);
          return match.kind === 'route' && match.route.feature === feature ? match.route : null;
        },
      });
      writes.replayBy(replay);
    },
    depths: () => replay?.depths() ?? [],
    close: async () => replay?.close(),
  };
}

function replayRate(configuration: CompiledConfiguration | null, feature: string): number {
  const policy = configuration?.policies.features.find((each) => each.feature === feature);
  return policy?.replay?.perSecond ?? PER_SECOND;
}
