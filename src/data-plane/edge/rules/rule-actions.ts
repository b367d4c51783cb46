import { STATUS_CODES } from 'node:http';

import type { EdgeAction, EdgeRule } from '../../../derive/edge/edge-configuration.ts';
import type { Randomness } from '../../../ports/randomness/port.ts';
import type { Answer } from '../../exchange.ts';
import type { ConfigurationFiles } from '../../kept-files.ts';
import { mediaType } from '../../media-type.ts';
import { problemAnswer } from '../../problems.ts';

type Respond = Extract<EdgeAction, { readonly kind: 'respond' }>;
type Deceive = Extract<EdgeAction, { readonly kind: 'deceive' }>;
type Redirect = Extract<EdgeAction, { readonly kind: 'redirect' }>;
type RateLimit = Extract<EdgeAction, { readonly kind: 'rate-limit' }>;

/** An answer of the edge's own, ready to be sent again and again. */
export function respondAnswer(
  { status, reason, page, headers }: Pick<Respond, 'status' | 'reason' | 'page' | 'headers'>,
  files: ConfigurationFiles,
): Answer {
  const list = headerList(headers);
  if (!list.includes('cache-control')) list.push('cache-control', 'no-store');
  const words = reason ?? (STATUS_CODES[status] === undefined ? '' : null);
  const answer = { status, ...(words === null ? {} : { reason: words }), headers: list };
  if (page === null) return { ...answer, body: null };
  const body = files.get(page);
  if (body === undefined) throw new Error(`the page ${page} did not come with the configuration`);
  if (!list.includes('content-type')) list.push('content-type', mediaType(page));
  return { ...answer, body };
}

/** Lower-case names; values as the bytes of UTF-8, which is how they were written. */
function headerList(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flatMap(([name, value]) => [
    name.toLowerCase(),
    Buffer.from(value, 'utf8').toString('latin1'),
  ]);
}

export function redirectAnswer({ url, status }: Redirect): Answer {
  // Who else asks may not be sent there: it hangs on the condition.
  return { status, headers: ['location', url, 'cache-control', 'no-store'], body: null };
}

/** Draws one of the replies, each as often as it weighs. */
export function deceptions({ replies }: Deceive): (randomness: Randomness) => Answer {
  const answers = replies.map(({ weight, status, body, headers }) => {
    const list = headerList(headers).concat('cache-control', 'no-store');
    return {
      weight,
      answer: { status, headers: list, body: body === '' ? null : Buffer.from(body) },
    };
  });
  const total = answers.reduce((sum, { weight }) => sum + weight, 0);
  return (randomness) => {
    let drawn = randomness.integer(total);
    for (const { weight, answer } of answers) {
      if (drawn < weight) return answer;
      drawn -= weight;
    }
    throw new Error('the weights do not add up');
  };
}

/**
 * 429 with how long to wait, for people and for programs (draft-ietf-httpapi-ratelimit-headers-10).
 */
export function limitedAnswer(
  rule: string,
  policy: RateLimit,
  waitMs: number,
  requestId: string,
): Answer {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  const window = Math.max(1, Math.ceil(policy.burst / policy.perSecond));
  return problemAnswer('too-many-requests', {
    detail: `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
    requestId,
    headers: [
      'retry-after',
      String(seconds),
      'ratelimit-policy',
      `"${rule}";q=${policy.burst};w=${window}`,
      'ratelimit',
      `"${rule}";r=0;t=${seconds}`,
    ],
  });
}

/** In a few words, for an observing rule. */
export function describeAction({ action }: EdgeRule): string {
  switch (action.kind) {
    case 'respond':
      return `respond ${action.status}`;
    case 'deceive':
      return `answer ${[...new Set(action.replies.map(({ status }) => status))].join(' or ')}`;
    case 'redirect':
      return `redirect to ${action.url}`;
    case 'rate-limit':
      return 'count against its rate limit';
    case 'tarpit':
      return `hold for ${action.delayMs} ms`;
    case 'tag':
      return `tag ${action.tag}`;
    case 'skip-cache':
      return 'go past the cache';
    case 'pass':
      return 'skip the rules that follow';
  }
}
