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
  return `${originOf(side, request)}${targetOf(request)}`;
}

/** The end of an address: what is asked for of its origin. */
export function targetOf({ path, query }: ExchangeRequest): string {
  return query === null ? path : `${path}?${query}`;
}

/**
 * The beginning of an address: by whom and how its origin is asked. Who says the same headers again
 * means the same again, and gets the very same text.
 */
export function originOf(side: string, request: ExchangeRequest): string {
  const { client, authority, memo } = request;
  const known = memo.origin;
  if (known?.client === client && known.authority === authority && known.side === side) {
    return known.text;
  }
  const text = writeOrigin(side, request);
  memo.origin = { side, client, authority, text };
  return text;
}

function writeOrigin(side: string, { client, authority, marks, headers }: ExchangeRequest): string {
  const said = (marks & headerMarks.ofAddress) === 0 ? '' : saidOf(headers);
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
