import {
  TABLE_KEY_LIMIT_CHARACTERS,
  TABLE_VALUE_LIMIT_CHARACTERS,
} from '../../contract/table-names.ts';
import { BANS_TABLE } from '../../contract/tables.ts';
import type { TableDefinition } from '../../derive/edge/edge-configuration.ts';
import {
  formatNetwork,
  isWithin,
  type Network,
  parseNetwork,
  prefixMask,
} from '../../lib/address.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { TableChange } from './table-changes.ts';

/** Shorter prefixes hold so many people that somebody should say so twice. */
const SHORTEST_IPV4_BITS = 8;
const SHORTEST_IPV6_BITS = 16;
const loopback = ['127.0.0.0/8', '::1'];

/**
 * The key of a change in its one form; throws `table-entry-invalid` for what can be no entry of a
 * table of this kind (null: not declared).
 */
export function checkedKey(
  table: string,
  kind: TableDefinition['kind'] | null,
  change: TableChange,
): string {
  const { key, value } = change;
  if (kind === 'cidr') return checkedNetwork(key);
  if (key === '' || key.length > TABLE_KEY_LIMIT_CHARACTERS || hasControl(key)) {
    throw new TurnoutError(
      'table-entry-invalid',
      `${JSON.stringify(key.slice(0, 60))} can be no key: it has 1 to ${TABLE_KEY_LIMIT_CHARACTERS} letters on one line.`,
      'Shorten it.',
    );
  }
  if (value !== null && (value.length > TABLE_VALUE_LIMIT_CHARACTERS || hasControl(value))) {
    throw new TurnoutError(
      'table-entry-invalid',
      `The value of ${JSON.stringify(key)} is longer than ${TABLE_VALUE_LIMIT_CHARACTERS} letters, or has more than one line.`,
      'Shorten it; what is long belongs into a file.',
    );
  }
  if (change.kind === 'put' && kind !== null && (kind === 'map') !== (value !== null)) {
    throw new TurnoutError(
      'table-entry-invalid',
      kind === 'map'
        ? `The table ${table} is a map: ${JSON.stringify(key)} has no value.`
        : `The table ${table} is a set: its entries have no value.`,
      kind === 'map'
        ? `Say what it stands for: \`turnout table set ${table} ${key} VALUE\`.`
        : 'Leave the value out.',
    );
  }
  return key;
}

function checkedNetwork(text: string): string {
  const parsed = parseNetwork(text);
  if (parsed.kind === 'network') return formatNetwork(parsed.network);
  if (parsed.kind === 'host-bits') {
    const meant = formatNetwork(parsed.meant);
    throw new TurnoutError(
      'table-entry-invalid',
      `${text} is an address with the length of a network: bits behind /${parsed.meant.bits} are set.`,
      `Write ${meant} if the whole network is meant, or ${text.split('/')[0] ?? ''} for the one address.`,
    );
  }
  throw new TurnoutError(
    'table-entry-invalid',
    `${JSON.stringify(text.slice(0, 60))} is no address or network.`,
    'Write one such as 192.0.2.7, 203.0.113.0/24 or 2001:db8::/32.',
  );
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20) return true;
  return false;
}

/** Throws `ban-too-wide` for a ban that would hit far more than anybody means, or ourselves. */
export function checkBan(table: string, key: string, trustedHops: readonly string[]): void {
  if (table !== BANS_TABLE) return;
  const network = networkOf(key);
  if (network === null) return;
  const shortest = network.address.length === 1 ? SHORTEST_IPV4_BITS : SHORTEST_IPV6_BITS;
  const hits =
    network.bits < shortest
      ? 'a great part of the internet'
      : loopback.some((own) => overlaps(network, own))
        ? 'this machine itself'
        : trustedHops.some((hop) => overlaps(network, hop))
          ? 'a hop that site.yaml trusts, through which other clients come'
          : null;
  if (hits === null) return;
  throw new TurnoutError(
    'ban-too-wide',
    `A ban of ${key} hits ${hits}.`,
    'Ban less, or add --force if that is what is meant.',
  );
}

function overlaps(network: Network, text: string): boolean {
  const other = networkOf(text);
  if (other === null) return false;
  return isWithin(network.address, other) || isWithin(other.address, network);
}

function networkOf(text: string): Network | null {
  const parsed = parseNetwork(text);
  return parsed.kind === 'none' ? null : parsed.kind === 'network' ? parsed.network : parsed.meant;
}

/** Every network that holds an address, the narrowest first, as keys; itself where it is a word. */
export function holdersOf(kind: TableDefinition['kind'] | null, key: string): readonly string[] {
  const network = kind === 'cidr' ? networkOf(key) : null;
  if (network === null) return [key];
  const { address } = network;
  const holders: string[] = [];
  for (let bits = network.bits; bits >= 0; bits--) {
    const prefix = address.map((word, i) => word & prefixMask(bits - i * 32));
    holders.push(formatNetwork({ address: prefix, bits }));
  }
  return holders;
}
