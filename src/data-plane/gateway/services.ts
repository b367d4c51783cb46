import type { Endpoint as AnnouncedEndpoint } from '../../contract/keys.ts';
import type { TimerWheel } from '../../lib/timer-wheel.ts';
import { Bulkheads } from './circuits/bulkheads.ts';
import { Circuits, type OnCircuitChange } from './circuits/circuits.ts';
import { createRetryBudget, type RetryBudget } from './attempt/retry-budget.ts';
import { FeatureStanding } from './saying/feature-standing.ts';
import { NeedsBoard } from './saying/needs-board.ts';
import { ServiceLoad } from './shed/service-load.ts';
import { Endpoint } from './upstream/endpoint.ts';
import type { Origin } from './upstream/origin.ts';

/** One service as the gateway sees it while it runs; lives on when the configuration changes. */
export interface RunningService {
  readonly service: string;
  readonly retries: RetryBudget;
  /** What of its requests is under way, and how much may be. */
  readonly load: ServiceLoad;
  /** Those that take new requests. */
  readonly endpoints: readonly Endpoint[];
  /** What its instances report of its needs. */
  readonly needs: NeedsBoard;
  /** How one of its features stands; made when it is new. */
  standing(feature: string): FeatureStanding;
}

/** All services that take requests, their connections, and what guards them. */
export interface Services {
  readonly circuits: Circuits;
  readonly bulkheads: Bulkheads;
  /** The named service, made without endpoints when it is new. */
  get(service: string): RunningService;
  /** Takes what the controller announced for one service. */
  announce(service: string, instances: readonly AnnouncedEndpoint[]): void;
  /** Takes addresses found for a service that has fixed origins. */
  place(service: string, origins: readonly Origin[]): void;
  /** Forgets every service that is not in `keep`, and what is known of any other feature. */
  keepOnly(keep: ReadonlySet<string>, features: ReadonlySet<string>): void;
  /** Closes idle connections whose time is over. */
  sweep(): void;
  list(): readonly RunningService[];
  close(): void;
}

interface MutableService extends RunningService {
  endpoints: readonly Endpoint[];
}

export function createServices(
  wheel: TimerWheel,
  onCircuitChange: OnCircuitChange = () => undefined,
): Services {
  const circuits = new Circuits(() => wheel.nowMs, onCircuitChange);
  const bulkheads = new Bulkheads();
  const services = new Map<string, MutableService>();
  const get = (service: string): MutableService => {
    let found = services.get(service);
    if (found === undefined) {
      found = createService(service, wheel);
      services.set(service, found);
    }
    return found;
  };
  const replace = (service: string, wanted: readonly { id: string; origin: Origin }[]): void => {
    const running = get(service);
    const before = new Map(running.endpoints.map((endpoint) => [endpoint.id, endpoint]));
    const isFirst = before.size === 0;
    let isNew = false;
    running.endpoints = wanted.map(({ id, origin }) => {
      const same = before.get(id);
      before.delete(id);
      if (same !== undefined) return same;
      isNew = true;
      const made = new Endpoint(id, origin, wheel);
      // Beside others that are warm; where all are new, somebody has to take it all.
      if (!isFirst) made.warmUp();
      return made;
    });
    for (const gone of before.values()) gone.retire();
    if (isNew) circuits.reconsider(service);
  };
  return {
    circuits,
    bulkheads,
    get,
    announce: (service, instances) => replace(service, instances.flatMap(readyOrigin)),
    place: (service, origins) =>
      replace(
        service,
        origins.map((origin) => ({ id: placeName(origin), origin })),
      ),
    keepOnly(keep, features) {
      for (const [name, service] of services) {
        service.load.keepOnly(features);
        if (keep.has(name)) continue;
        for (const endpoint of service.endpoints) endpoint.retire();
        services.delete(name);
      }
    },
    sweep() {
      for (const service of services.values()) {
        for (const endpoint of service.endpoints) endpoint.sweep();
      }
    },
    list: () => [...services.values()],
    close() {
      for (const service of services.values()) {
        for (const endpoint of service.endpoints) endpoint.retire();
      }
    },
  };
}

function createService(service: string, wheel: TimerWheel): MutableService {
  const standings = new Map<string, FeatureStanding>();
  return {
    service,
    retries: createRetryBudget(),
    load: new ServiceLoad(wheel.nowMs),
    endpoints: [],
    needs: new NeedsBoard(wheel.nowMs),
    standing(feature) {
      let found = standings.get(feature);
      if (found === undefined) {
        found = new FeatureStanding(wheel.nowMs);
        standings.set(feature, found);
      }
      return found;
    },
  };
}

/** What tells it from any other place, so that one asked as somebody else is another one. */
function placeName({ address, port, tls, hostHeader }: Origin): string {
  const place = `${address} ${port}`;
  if (tls !== null) return `${place} https ${hostHeader ?? tls.servername}`;
  return hostHeader === null ? place : `${place} ${hostHeader}`;
}

/**
 * An instance that takes new requests, under a name that tells it from a later one at the same
 * address.
 */
function readyOrigin(instance: AnnouncedEndpoint): { id: string; origin: Origin }[] {
  if (instance.state !== 'ready') return [];
  const colon = instance.address.lastIndexOf(':');
  const port = Number(instance.address.slice(colon + 1));
  if (colon <= 0 || !Number.isInteger(port) || port < 1 || port > 65_535) return [];
  const address = instance.address.slice(0, colon).replaceAll(/[[\]]/g, '');
  const origin = { address, port, tls: null, hostHeader: null, isPartner: false };
  return [{ id: `${instance.id} ${instance.address}`, origin }];
}
