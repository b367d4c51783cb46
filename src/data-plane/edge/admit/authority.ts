import { isIPv6 } from 'node:net';

/** Host and port as Host, `:authority` or a target in absolute form say them. */
export interface Authority {
  /** As received, lower case. */
  readonly authority: string;
  /** Without port and without the dot that ends a full name. */
  readonly host: string;
}

const label = '[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?';
const pattern = new RegExp(`^((?:${label}\\.)*${label})\\.?(?::([0-9]{1,5}))?$`);
const bracketed = /^(\[[0-9a-f:.]{2,45}\])(?::([0-9]{1,5}))?$/;
const MAX_LENGTH = 255 + 6;
const MAX_PORT = 65_535;

let lastReceived = '';
let last: Authority | null = null;

/**
 * Null when it is malformed. The last answer is remembered: nearly all requests name the same host.
 */
export function readAuthority(received: string): Authority | null {
  if (received === lastReceived) return last;
  lastReceived = received;
  last = read(received.toLowerCase());
  return last;
}

function read(authority: string): Authority | null {
  if (authority.length > MAX_LENGTH) return null;
  const isBracketed = authority.startsWith('[');
  const found = (isBracketed ? bracketed : pattern).exec(authority);
  if (found === null) return null;
  const [, host = '', port = '0'] = found;
  if (Number(port) > MAX_PORT || (isBracketed && !isIPv6(host.slice(1, -1)))) return null;
  return { authority, host };
}

/** Whether both mean one server, where a port left out is that of `scheme`. */
export function isSameAuthority(
  one: Authority,
  other: Authority,
  scheme: 'http' | 'https',
): boolean {
  return one.host === other.host && portOf(one, scheme) === portOf(other, scheme);
}

function portOf({ authority }: Authority, scheme: 'http' | 'https'): number {
  const port = /:([0-9]+)$/.exec(authority)?.[1];
  // The last group of an IPv6 address is followed by its bracket.
  return port === undefined ? (scheme === 'https' ? 443 : 80) : Number(port);
}
