import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

import type { Log } from '../../lib/log.ts';
import type { Clock, Timer } from '../../ports/clock/port.ts';
import type { Services } from './services.ts';
import type { Origin } from './upstream/origin.ts';

export interface OriginResolver {
  /**
   * Takes the fixed addresses of services; names among them are looked up now and again every so
   * often.
   */
  resolve(originsByService: ReadonlyMap<string, FixedPlace>): void;
  close(): void;
}

/** Where a service that is not run by Turnout stands. */
export interface FixedPlace {
  readonly urls: readonly string[];
  /** Somebody else's. */
  readonly isPartner: boolean;
}

/** All addresses of a name, now. */
export type LookUp = (name: string) => Promise<readonly string[]>;

/**
 * How long a name's addresses are believed. `getaddrinfo` does not tell the record's own lifetime.
 */
const TTL_MS = 15_000;
/** Nobody can be asked while a name has no address at all. */
const UNKNOWN_MS = 1_000;

const lookUpInSystem: LookUp = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

/**
 * Keeps the endpoints of services with fixed addresses; a name that cannot be looked up keeps its
 * last addresses.
 */
export function createOriginResolver(
  services: Pick<Services, 'place'>,
  clock: Clock,
  log: Log,
  addressesOf: LookUp = lookUpInSystem,
): OriginResolver {
  let wanted: ReadonlyMap<string, FixedPlace> = new Map();
  let turn = 0;
  let timer: Timer | null = null;
  const addresses = new Map<string, readonly string[]>();
  const lookUp = async (name: string): Promise<void> => {
    try {
      const found = await addressesOf(name);
      addresses.set(name, found.toSorted());
    } catch (error) {
      log.warn('A name could not be looked up; its last addresses stay', {
        name,
        error: String(error),
      });
    }
  };
  const place = (): void => {
    for (const [service, { urls, isPartner }] of wanted) {
      services.place(
        service,
        urls.flatMap((url) => originsOf(url, isPartner, addresses)),
      );
    }
  };
  const round = async (): Promise<void> => {
    const mine = ++turn;
    const names = new Set(
      [...wanted.values()]
        .flatMap(({ urls }) => urls.map(hostOf))
        .filter((host) => isIP(host) === 0),
    );
    for (const name of addresses.keys()) if (!names.has(name)) addresses.delete(name);
    await Promise.all([...names].map(lookUp));
    if (mine !== turn) return;
    place();
    if (names.size === 0) return;
    const isUnknown = [...names].some((name) => !addresses.has(name));
    timer = clock.after(isUnknown ? UNKNOWN_MS : TTL_MS, () => void round());
  };
  return {
    resolve(originsByService) {
      timer?.cancel();
      wanted = originsByService;
      // Addresses need no looking up and are in force at once.
      place();
      void round();
    },
    close() {
      turn++;
      timer?.cancel();
    },
  };
}

function hostOf(url: string): string {
  return new URL(url).hostname.replaceAll(/[[\]]/g, '');
}

function originsOf(
  url: string,
  isPartner: boolean,
  addresses: ReadonlyMap<string, readonly string[]>,
): Origin[] {
  const { protocol, port, host } = new URL(url);
  const secure = protocol === 'https:';
  const name = hostOf(url);
  const found = isIP(name) === 0 ? (addresses.get(name) ?? []) : [name];
  return found.map((address) => ({
    address,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    tls: secure ? { servername: isIP(name) === 0 ? name : '' } : null,
    hostHeader: secure || isPartner ? host : null,
    isPartner,
  }));
}
