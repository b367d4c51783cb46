import type { PurgeTarget } from '../../../contract/keys.ts';
import type { Exchange, ExchangeRequest } from '../../exchange.ts';
import { headerMarks, marksOf } from '../../header-marks.ts';

/** What a purge is about, or a write: that one address. */
export type CacheTarget = PurgeTarget | { readonly kind: 'address'; readonly address: string };

/**
 * What answers are kept under: all of the request that the service is told and that no header
 * varies by. `side` keeps apart what is asked in public and between services, and what names
 * another address than the one asked for keeps apart those who say so.
 */
export function addressOf(side: string, { request }: Exchange): string {
  const { path, query } = request;
  const target = query === null ? path : `${path}?${query}`;
  return `${originOf(side, request)}${target}`;
}

function originOf(side: string, request: ExchangeRequest): string {
  const { client, authority, marks } = request;
  const said = (marks & headerMarks.ofAddress) === 0 ? '' : saidOf(request.headers);
  const host = client.forwardedHost === null ? '' : `+host=${client.forwardedHost.toLowerCase()}`;
  return `${side}${host}${said} ${client.scheme}://${authority.toLowerCase()}`;
}

function saidOf(headers: readonly string[]): string {
  let said = '';
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if ((marksOf(name) & headerMarks.ofAddress) === 0) continue;
    said += `+${name}=${encodeURIComponent(headers[i + 1] ?? '')}`;
  }
  return said;
}

/** Null for another origin: nobody may make doubtful what that answered (RFC 9111 4.4). */
export function sameOriginAddress(
  side: string,
  { request }: Exchange,
  target: string,
): string | null {
  const base = originOf(side, request);
  const origin = base.slice(base.lastIndexOf(' ') + 1);
  if (!URL.canParse(target, `${origin}${request.path}`)) return null;
  const url = new URL(target, `${origin}${request.path}`);
  if (url.origin !== new URL(origin).origin) return null;
  return `${base}${url.pathname}${url.search}`;
}

/** Whether what is kept under the address is meant; a key is known by the answer alone. */
export function isTargeted(target: CacheTarget, address: string): boolean {
  switch (target.kind) {
    case 'address':
      return target.address === address;
    case 'key':
    case 'all':
      return true;
    case 'path': {
      const host = address.slice(address.indexOf('://') + 3);
      const slash = host.indexOf('/');
      if (target.host !== null && !isHost(host.slice(0, slash), target.host)) return false;
      const path = host.slice(slash);
      return target.isPrefix ? path.startsWith(target.path) : path === target.path;
    }
  }
}

/** With the port that was said, or whatever port where none was. */
function isHost(authority: string, host: string): boolean {
  return authority === host || authority.replace(/:\d+$/, '') === host;
}
