import { Reader } from 'mmdb-lib';

import type { EdgeConfiguration } from '../../../derive/edge/edge-configuration.ts';
import { TurnoutError } from '../../../lib/errors.ts';
import { ScanResistantMap } from '../../../lib/scan-resistant-map.ts';
import type { ConfigurationFiles } from '../../kept-files.ts';

/** Where addresses are, and whose networks they belong to. */
export interface Geography {
  /** Two letters (ISO 3166-1), or empty where it is not known. */
  country(address: string): string;
  network(address: string): Network;
}

export interface Network {
  /** 0 where it is not known. */
  readonly number: bigint;
  readonly name: string;
}

/** As the databases that are commonly had write it: MaxMind's, and flat ones. */
interface CountryRecord {
  readonly country?: { readonly iso_code?: unknown };
  readonly country_code?: unknown;
}

interface NetworkRecord {
  readonly autonomous_system_number?: unknown;
  readonly autonomous_system_organization?: unknown;
}

/** Addresses whose answers are remembered; a look-up costs some microseconds. */
const REMEMBERED = 20_000;
const unknownNetwork: Network = { number: 0n, name: '' };

/**
 * Reads the databases that an edge names; without one nothing is known. Throws TurnoutError
 * `address-database-unreadable`.
 */
export function openGeography(
  { geo }: Pick<EdgeConfiguration, 'geo'>,
  files: ConfigurationFiles,
): Geography {
  const countries = openDatabase(geo.country, files, ({ country, country_code }: CountryRecord) => {
    const code = country?.iso_code ?? country_code;
    return typeof code === 'string' ? code.toUpperCase() : '';
  });
  const networks = openDatabase(geo.asn, files, (record: NetworkRecord): Network => {
    const { autonomous_system_number: number, autonomous_system_organization: name } = record;
    const isNumber = typeof number === 'number' && Number.isSafeInteger(number);
    return { number: BigInt(isNumber ? number : 0), name: typeof name === 'string' ? name : '' };
  });
  return {
    country: (address) => countries(address) ?? '',
    network: (address) => networks(address) ?? unknownNetwork,
  };
}

function openDatabase<Found, Row extends object>(
  file: string | null,
  files: ConfigurationFiles,
  read: (record: Row) => Found,
): (address: string) => Found | null {
  if (file === null) return () => null;
  const reader = openReader(file, files.get(file));
  const remembered = new ScanResistantMap<Found | null>(REMEMBERED);
  return (address) => {
    const before = remembered.get(address);
    if (before !== undefined) return before;
    const record: Row | null = lookUp(reader, address) as Row | null;
    const found = record === null ? null : read(record);
    remembered.set(address, found, 1);
    return found;
  };
}

type AnyReader = Pick<Reader<never>, 'get' | 'metadata'>;

function openReader(file: string, bytes: Uint8Array | undefined): AnyReader {
  try {
    if (bytes === undefined) throw new Error('it did not come with the configuration');
    return new Reader<never>(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    throw new TurnoutError(
      'address-database-unreadable',
      `${file} is no database of addresses: ${error instanceof Error ? error.message : String(error)}.`,
      'Use a file in MMDB format, such as GeoLite2-Country.mmdb.',
      { cause: error },
    );
  }
}

/** A damaged database, or an address that it cannot hold, tells nothing. */
function lookUp(reader: AnyReader, address: string): unknown {
  try {
    return reader.get(address);
  } catch {
    return null;
  }
}
