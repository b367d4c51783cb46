import { type Answer, header } from '../../../exchange.ts';

/** What a service's answer to a replayed write means for the write. */
export type ReplayVerdict =
  | { readonly kind: 'done' }
  /** The feature is down: the write waits, and nothing is held against it. */
  | { readonly kind: 'down' }
  /** Its service answered, and cannot take it just now. */
  | { readonly kind: 'again'; readonly why: string }
  /** Never: it is set aside for people. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Not yet, or too much at a time: another try may do. */
const passing = new Set([408, 425, 429]);

/**
 * 409 is no refusal: a service that does things once says so while the first try is under way. It
 * is tried again, as often as is tried at all. `once` false: a failure that may have reached the
 * service is not tried again.
 */
export function judgeReplay(answer: Answer, once: boolean): ReplayVerdict {
  const { status, failure } = answer;
  if (failure !== undefined) {
    return failure.reached && !once
      ? { kind: 'refused', reason: `outcome unknown: ${failure.cause}` }
      : { kind: 'down' };
  }
  if (status < 400) return { kind: 'done' };
  if (answer.problem !== undefined) return { kind: 'again', why: answer.problem };
  if (status >= 500) {
    return once
      ? { kind: 'again', why: `answered ${status}` }
      : { kind: 'refused', reason: `outcome unknown: answered ${status}` };
  }
  if (status === 409 || passing.has(status)) return { kind: 'again', why: `answered ${status}` };
  return { kind: 'refused', reason: `refused: ${status}${titleOf(answer)}` };
}

const LONGEST_TITLE = 200;

/** Of a problem (RFC 9457), whose title is the same for all of its kind and names nobody. */
function titleOf({ headers, body }: Answer): string {
  const type = header(headers, 'content-type') ?? '';
  if (!/^application\/problem\+json\b/i.test(type) || !(body instanceof Uint8Array)) return '';
  try {
    const { title } = JSON.parse(Buffer.from(body).toString('utf8')) as { title?: unknown };
    if (typeof title !== 'string') return '';
    return ` ${title.slice(0, LONGEST_TITLE).replaceAll(/\p{Cc}/gu, ' ')}`;
  } catch {
    return '';
  }
}
