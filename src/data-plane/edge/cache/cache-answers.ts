import type { Answer } from '../../exchange.ts';
import type { CacheableRequest } from './cacheable-request.ts';
import { joined } from './flat-headers.ts';

/** The service's own answer, past the cache, and why. */
export async function forwarded(request: CacheableRequest, why: string): Promise<Answer> {
  const answer = await request.forward(request.exchange);
  return withStatus(answer, `fwd=${why}; fwd-status=${answer.status}`);
}

/** Adds what this cache did to what caches behind it said (RFC 9211). */
export function withStatus(answer: Answer, what: string): Answer {
  return { ...answer, more: [...(answer.more ?? []), 'cache-status', `turnout; ${what}`] };
}

export function isOnlyIfCached(headers: readonly string[]): boolean {
  return /(?:^|[\s,])only-if-cached(?:[\s,]|$)/i.test(joined(headers, 'cache-control') ?? '');
}

/** For who wants nothing but what is kept (RFC 9111 5.2.1.7). */
export function gatewayTimeout(): Answer {
  const headers = ['cache-control', 'no-store'];
  // Which says nothing of the feature: nobody asked it.
  return { status: 504, headers, body: null, rung: { name: 'full' }, isKept: true };
}
