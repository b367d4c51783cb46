import { BlockList, isIP } from 'node:net';

import { BANS_TABLE } from '../../../contract/tables.ts';
import type {
  EdgeConfiguration,
  TableDefinition,
} from '../../../derive/edge/edge-configuration.ts';
import { AddressList } from '../../../lib/edge-language.ts';
import type { TableViews } from './table-views.ts';

/** Tables as a configuration has them from the start, which nothing changes. */
export function fixedViews({ tables }: Pick<EdgeConfiguration, 'tables'>): TableViews {
  const views = new Map(tables.map((table) => [table.name, fixedView(table)]));
  if (!views.has(BANS_TABLE)) views.set(BANS_TABLE, new FixedAddresses([]));
  return views;
}

function fixedView({ kind, entries }: TableDefinition): AddressList | ReadonlyMap<string, string> {
  const nowMs = Date.now();
  const current = entries.filter(({ expiresMs }) => expiresMs === null || expiresMs > nowMs);
  if (kind === 'cidr') return new FixedAddresses(current.map(({ key }) => key));
  return new Map(current.map(({ key, value }) => [key, value ?? '']));
}

class FixedAddresses extends AddressList {
  readonly #list = new BlockList();

  constructor(networks: readonly string[]) {
    super();
    for (const network of networks) {
      const [address = '', prefix] = network.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(prefix), family);
    }
  }

  holds(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}
