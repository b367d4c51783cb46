import type { PurgeTarget } from '../../../contract/keys.ts';
import type { Exchange, ExchangeRequest } from '../../exchange.ts';

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

function originOf(side: string, { client, authority, headers }: ExchangeRequest): string {
  let said = client.forwardedHost === null ? '' : `+host=${client.forwardedHost.toLowerCase()}`;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (ofAddress.has(name)) said += `+${name}=${encodeURIComponent(headers[i + 1] ?? '')}`;
  }
  return `${side}${said} ${client.scheme}://${authority.toLowerCase()}`;
}

/**
 * By these some services build links, or choose what to answer, and most that answer so say
 * nothing of it in Vary (Kettle, "Practical Web Cache Poisoning"). Hops set some of them on all
 * requests, so they are no reason to go past the cache.
 */
const ofAddress = new Set([
  'front-end-https',
  'x-forwarded-path',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-scheme',
  'x-forwarded-server',
  'x-forwarded-ssl',
  'x-forwarded-uri',
  'x-host',
  'x-http-host-override',
  'x-invoke-path',
  'x-invoke-status',
  'x-middleware-prefetch',
  'x-middleware-subrequest',
  'x-original-host',
  'x-original-uri',
  'x-override-url',
  'x-proxy-url',
  'x-real-host',
  'x-url-scheme',
]);

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
