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
  resolve(originsByService: ReadonlyMap<string, readonly string[]>): void;
  close(): void;
}

/**
 * How long a name's addresses are believed. `getaddrinfo` does not tell the record's own lifetime.
 */
const TTL_MS = 15_000;

/**
 * Keeps the endpoints of services with fixed addresses; a name that cannot be looked up keeps its
 * last addresses.
 */
export function createOriginResolver(services: Services, clock: Clock, log: Log): OriginResolver {
  let wanted: ReadonlyMap<string, readonly string[]> = new Map();
  let turn = 0;
  let timer: Timer | null = null;
  const addresses = new Map<string, readonly string[]>();
  const lookUp = async (name: string): Promise<void> => {
    try {
      const found = await lookup(name, { all: true });
      addresses.set(name, found.map(({ address }) => address).sort());
    } catch (error) {
      log.warn('A name could not be looked up; its last addresses stay', {
        name,
        error: String(error),
      });
    }
  };
  const place = (): void => {
    for (const [service, urls] of wanted) {
      services.place(
        service,
        urls.flatMap((url) => originsOf(url, addresses)),
      );
    }
  };
  const round = async (): Promise<void> => {
    const mine = ++turn;
    const names = new Set(
      [...wanted.values()]
        .flat()
        .map(hostOf)
        .filter((host) => isIP(host) === 0),
    );
    for (const name of addresses.keys()) if (!names.has(name)) addresses.delete(name);
    await Promise.all([...names].map(lookUp));
    if (mine !== turn) return;
    place();
    timer = names.size === 0 ? null : clock.after(TTL_MS, () => void round());
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

function originsOf(url: string, addresses: ReadonlyMap<string, readonly string[]>): Origin[] {
  const { protocol, port, host } = new URL(url);
  const secure = protocol === 'https:';
  const name = hostOf(url);
  const found = isIP(name) === 0 ? (addresses.get(name) ?? []) : [name];
  return found.map((address) => ({
    address,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    tls: secure ? { servername: isIP(name) === 0 ? name : '' } : null,
    hostHeader: secure ? host : null,
  }));
}
