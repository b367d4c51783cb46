import { type Answer, type Exchange, header } from '../../exchange.ts';
import { addressOf, sameOriginAddress } from './address.ts';
import { saysHowLong } from './judge-answer.ts';

/** What a write that succeeded makes doubtful of what is kept (RFC 9111 4.4). */
export function doubtfulAddresses(side: string, exchange: Exchange, answer: Answer): string[] {
  if (answer.status < 200 || answer.status > 399) return [];
  const named = ['location', 'content-location'].flatMap((name) => {
    const target = header(answer.headers, name);
    const address = target === undefined ? null : sameOriginAddress(side, exchange, target);
    return address === null ? [] : [address];
  });
  return [addressOf(side, exchange), ...named];
}

/**
 * Whether what was posted is answered by what a GET of the same address gets from now on: the
 * service says so by Content-Location, and for how long (RFC 9110 9.3.3).
 */
export function isAnswerToGet(side: string, exchange: Exchange, answer: Answer): boolean {
  if (exchange.request.method !== 'POST' || answer.status !== 200) return false;
  const target = header(answer.headers, 'content-location');
  if (target === undefined || !saysHowLong(answer.headers)) return false;
  return sameOriginAddress(side, exchange, target) === addressOf(side, exchange);
}
