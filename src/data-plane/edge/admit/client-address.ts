import { isIP } from 'node:net';

import { type Address, parseAddress } from '../../../lib/address.ts';
import type { Client } from '../../exchange.ts';

export interface ForwardingHeaders {
  readonly forwardedFor: string | null;
  readonly forwardedProto: string | null;
  readonly forwardedHost: string | null;
  readonly forwarded: string | null;
}

export interface Peer {
  /** IPv4 addresses are never written as IPv6. */
  readonly address: string;
  /** The same, read once for the connection. */
  readonly ip: Address | null;
  readonly scheme: 'http' | 'https';
  /**
   * What was read from this connection's last request, where it can only be the same for the next.
   */
  known: { readonly authority: string; readonly client: Client } | null;
}

/**
 * Who the client is. Forwarding headers are believed only where the peer is a trusted hop, and then
 * from the right, for as long as each hop is trusted too. Where X-Forwarded-For and Forwarded both
 * come, the former is read: hops that set one often pass the other through as the client wrote it.
 */
export function readClient(
  peer: Peer,
  headers: ForwardingHeaders,
  authority: string,
  trusts: (address: string) => boolean,
): Client {
  if (!trusts(peer.address)) {
    if (peer.known?.authority === authority) return peer.known.client;
    const { address, ip, scheme } = peer;
    const client: Client = {
      address,
      ip,
      peerIp: ip,
      isThroughTrustedHop: false,
      scheme,
      forwardedHost: null,
      forwardingLines: forwardingLines([address], scheme, authority),
    };
    peer.known = { authority, client };
    return client;
  }
  const chain =
    headers.forwardedFor === null
      ? addressesOfForwarded(headers.forwarded)
      : headers.forwardedFor.split(',').map((hop) => readHop(hop.trim()));
  const believed: string[] = [peer.address];
  let address = peer.address;
  for (const hop of chain.reverse()) {
    if (hop === null) break;
    believed.unshift(hop);
    address = hop;
    if (!trusts(hop)) break;
  }
  const scheme = readScheme(headers.forwardedProto) ?? peer.scheme;
  const host = readForwardedHost(headers.forwardedHost) ?? authority;
  return {
    address,
    ip: address === peer.address ? peer.ip : readAddress(address),
    peerIp: peer.ip,
    isThroughTrustedHop: true,
    scheme,
    forwardedHost: host === authority ? null : host,
    forwardingLines: forwardingLines(believed, scheme, host),
  };
}

/** X-Forwarded-* as everybody reads them, and Forwarded (RFC 7239). */
function forwardingLines(chain: readonly string[], scheme: string, host: string): string {
  const nodes = chain.map((hop) => `for=${isIP(hop) === 6 ? `"[${hop}]"` : hop}`).join(', ');
  const hostLine = host === '' ? '' : `x-forwarded-host: ${host}\r\n`;
  const hostPart = host === '' ? '' : `;host="${host}"`;
  return (
    `x-forwarded-for: ${chain.join(', ')}\r\nx-forwarded-proto: ${scheme}\r\n${hostLine}` +
    `forwarded: ${nodes}${hostPart};proto=${scheme}\r\n`
  );
}

/** An address without its zone: on whichever link somebody is, it is the same for a list. */
export function readAddress(address: string): Address | null {
  const zone = address.indexOf('%');
  return parseAddress(zone === -1 ? address : address.slice(0, zone));
}

/** `::ffff:10.0.0.1` is 10.0.0.1. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

/**
 * An address, perhaps with a port, quoted or bracketed; null for `unknown`, hidden names and
 * rubbish.
 */
function readHop(hop: string): string | null {
  const bare = /^"?\[?([0-9A-Fa-f:.]+?)\]?(?:(?<=\]):\d{1,5})?"?$/.exec(hop)?.[1] ?? '';
  if (isIP(bare) !== 0) return plainAddress(bare);
  const withoutPort = /^([0-9.]+):\d{1,5}$/.exec(bare)?.[1] ?? '';
  return isIP(withoutPort) === 4 ? withoutPort : null;
}

function addressesOfForwarded(forwarded: string | null): (string | null)[] {
  if (forwarded === null) return [];
  return forwarded.split(',').map((element) => {
    const found = /(?:^|;)\s*for=("[^"]*"|[^;\s]*)/i.exec(element.trim());
    return found === null ? null : readHop(found[1] ?? '');
  });
}

function readScheme(value: string | null): 'http' | 'https' | null {
  const scheme = value?.split(',', 1)[0]?.trim().toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : null;
}

function readForwardedHost(value: string | null): string | null {
  const host = value?.split(',', 1)[0]?.trim() ?? '';
  return /^[A-Za-z0-9._[\]:-]{1,261}$/.test(host) ? host : null;
}
