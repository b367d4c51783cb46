import { BlockList, isIP } from 'node:net';

import { BANS_TABLE } from '../../../contract/tables.ts';
import type {
  EdgeConfiguration,
  TableDefinition,
} from '../../../derive/edge/edge-configuration.ts';
import { AddressList } from '../../../lib/edge-language.ts';
import type { ConfigurationFiles } from '../../kept-files.ts';
import type { TableViews } from './table-views.ts';

/** Tables as a configuration and its files have them from the start, which nothing changes. */
export function fixedViews(
  { tables }: Pick<EdgeConfiguration, 'tables'>,
  files: ConfigurationFiles,
  nowMs: number,
): TableViews {
  const views = new Map(tables.map((table) => [table.name, fixedView(table, files, nowMs)]));
  if (!views.has(BANS_TABLE)) views.set(BANS_TABLE, new FixedAddresses([]));
  return views;
}

function fixedView(
  { kind, entries, file }: TableDefinition,
  files: ConfigurationFiles,
  nowMs: number,
): AddressList | ReadonlyMap<string, string> {
  const current = entries.filter(({ expiresMs }) => expiresMs === null || expiresMs > nowMs);
  const pairs = current.map(({ key, value }): readonly [string, string] => [key, value ?? '']);
  const all = [...pairs, ...(file === null ? [] : linesOf(files.get(file)))];
  return kind === 'cidr' ? new FixedAddresses(all.map(([key]) => key)) : new Map(all);
}

/** `key`, or `key value`, a line; `#` begins a comment. */
function linesOf(bytes: Uint8Array | undefined): readonly (readonly [string, string])[] {
  const lines = Buffer.from(bytes ?? [])
    .toString('utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  return lines.map((line) => {
    const [key = '', ...value] = line.split(/\s+/);
    return [key, value.join(' ')];
  });
}

class FixedAddresses extends AddressList {
  readonly #list = new BlockList();
  #asked = '';
  #held = false;

  constructor(networks: readonly string[]) {
    super();
    for (const network of networks) {
      const [address = '', prefix] = network.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(prefix), family);
    }
  }

  /** Several rules ask about the client of one request. */
  holds(address: string): boolean {
    if (address !== this.#asked) {
      this.#asked = address;
      this.#held = this.#look(address);
    }
    return this.#held;
  }

  #look(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}
