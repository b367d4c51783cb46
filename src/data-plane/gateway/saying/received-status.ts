import type { Answer } from '../../exchange.ts';

/**
 * Says of a service's own error that it is the service's and not ours (RFC 9209, section 2.1.4),
 * behind what proxies in front of the service have said.
 */
export function withReceivedStatus(answer: Answer): Answer {
  const own = ['proxy-status', `turnout; received-status=${answer.status}`];
  return { ...answer, headers: [...answer.headers, ...own] };
}
