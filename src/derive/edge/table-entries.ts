import { formatNetwork, type Network, parseNetwork } from '../../lib/address.ts';
import { tableLines } from '../../lib/table-lines.ts';
import type { TableDefinition } from './edge-configuration.ts';

/** An entry that a table has from the start. */
export interface FirstEntry {
  /** Null where `network` says it: making text of a million takes longer than reading them. */
  readonly key: string | null;
  readonly network: Network | null;
  readonly value: string | null;
  readonly expiresMs: number | null;
}

/**
 * What edge.yaml and then the file say of a table, one after the other, so that a reader of a
 * million can pause. What is no address in a list of addresses is told to `refuse`, and left out.
 */
export function* firstEntries(
  { kind, entries }: Pick<TableDefinition, 'kind' | 'entries'>,
  text: string | null,
  refuse: (key: string) => void,
): Generator<FirstEntry> {
  for (const { key, value, expiresMs } of entries) {
    const entry = firstEntry(kind, key, value, expiresMs);
    if (entry === null) refuse(key);
    else yield entry;
  }
  if (text === null) return;
  for (const { key, value } of tableLines(text, kind === 'map')) {
    const entry = firstEntry(kind, key, value, null);
    if (entry === null) refuse(key);
    else yield entry;
  }
}

function firstEntry(
  kind: TableDefinition['kind'],
  key: string,
  value: string | null,
  expiresMs: number | null,
): FirstEntry | null {
  if (kind !== 'cidr') return { key, network: null, value, expiresMs };
  const network = readNetwork(key);
  return network === null ? null : { key: null, network, value: null, expiresMs };
}

/** Files are read as most programs read them: with host bits set, the network is meant. */
function readNetwork(text: string): Network | null {
  const parsed = parseNetwork(text);
  if (parsed.kind === 'none') return null;
  return parsed.kind === 'network' ? parsed.network : parsed.meant;
}

/** The one spelling of an entry's key, by which live entries go before it. */
export function keyOf({ key, network }: FirstEntry): string {
  return network === null ? (key ?? '') : formatNetwork(network);
}
