import type { RawAnswer } from '../../support/raw-get.ts';

/**
 * What a visitor got, the best first. `list` and `kept` are of the SDK, within the service;
 * `unknown` is a write that nobody can tell the outcome of; `not-kept` is a queue whose disk takes
 * no more.
 */
export const seenRungs = [
  'service',
  'list',
  'kept',
  'queue',
  'stale',
  'static',
  'not-kept',
  'closed',
  'unknown',
  'failed',
] as const;
export type SeenRung = (typeof seenRungs)[number];

/** Answers that stand for a rung by what they are, whatever the service would have said. */
export function rungOf({ status, headers, body }: RawAnswer): SeenRung {
  const detail = /detail=(last-good|static)/.exec(headers['cache-status'] ?? '')?.[1];
  if (detail !== undefined) return detail === 'static' ? 'static' : 'stale';
  const text = body.toString();
  if (status === 202) return 'queue';
  if (status >= 200 && status < 300) return fromWithin(text);
  const problem = /urn:turnout:problem:([a-z-]+)/.exec(text)?.[1] ?? '';
  if (problem === 'feature-closed' || problem === 'feature-read-only') return 'closed';
  if (problem === 'write-not-kept') return 'not-kept';
  if (problem === 'outcome-unknown') return 'unknown';
  return 'failed';
}

/** A claim says where it is from, a tally as of when it is. */
function fromWithin(text: string): SeenRung {
  if (text.includes('"from":"list"')) return 'list';
  return text.includes('"from":"kept"') ? 'kept' : 'service';
}

export function isWorse(seen: SeenRung, declared: SeenRung): boolean {
  return seenRungs.indexOf(seen) > seenRungs.indexOf(declared);
}
