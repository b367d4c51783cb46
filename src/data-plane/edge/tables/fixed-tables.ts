import { BANS_TABLE, type LiveTableEntry } from '../../../contract/tables.ts';
import type {
  EdgeConfiguration,
  TableDefinition,
} from '../../../derive/edge/edge-configuration.ts';
import type { Address } from '../../../lib/address.ts';
import type { ConfigurationFiles } from '../../kept-files.ts';
import { RunningTable } from './running-table.ts';
import type { TableViews } from './table-views.ts';

export interface FixedTables extends TableViews {
  isBanned(address: Address): boolean;
  /** Whether this very network is banned, in its one canonical form. */
  hasBan(network: string): boolean;
}

const emptyBans: TableDefinition = { name: BANS_TABLE, kind: 'cidr', entries: [], file: null };

/**
 * Tables as a configuration and its files have them at one moment, which nothing changes; over them
 * the entries that were made since, of which those of tables that are not declared say nothing.
 */
export function fixedTables(
  { tables }: Pick<EdgeConfiguration, 'tables'>,
  files: ConfigurationFiles,
  nowMs: number,
  live: readonly LiveTableEntry[] = [],
): FixedTables {
  const filled = new Map<string, RunningTable>();
  for (const definition of [emptyBans, ...tables]) {
    const { name, kind, file } = definition;
    const table = new RunningTable({ kind, expires: () => {}, refused: () => {} });
    const text = file === null ? null : Buffer.from(files.get(file) ?? []).toString('utf8');
    const filling = table.fill(definition, text, () => nowMs);
    while (filling.next().done !== true);
    filled.set(name, table);
  }
  for (const entry of live) {
    const { table, expiresMs } = entry;
    if (expiresMs === null || expiresMs > nowMs) filled.get(table)?.apply(entry);
  }
  const bans = filled.get(BANS_TABLE)?.networks ?? null;
  return {
    get: (name) => filled.get(name)?.view,
    isBanned: (address) => bans?.trie.holds(address) ?? false,
    hasBan: (network) => bans !== null && bans.held(network) !== null,
  };
}
