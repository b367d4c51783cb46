import { Readable } from 'node:stream';
import { type Answer, type ExchangeRequest, header } from '../../exchange.ts';
import { joined, without } from './flat-headers.ts';
import { type ByteSpan, missingOf, readContentRange } from './held-part.ts';
import type { StoredAnswer } from './stored-answer.ts';
import { updatedHeaders } from './stored-headers.ts';
import { strongValidator } from './validators.ts';

/** How to make a whole of a part: by asking for what is missing (RFC 9111 3.4). */
export interface Completion {
  /** What to ask the origin by; where it has another version by now, it sends all of that. */
  readonly headers: readonly string[];
  /** The whole; null where `answer` is not what was missing of the same version. */
  complete(answer: Answer, nowMs: number): Answer | null;
}

/**
 * Null where that cannot be: more than one stretch is missing, or nothing would prove that it is of
 * the same version.
 */
export function completionOf(held: StoredAnswer): Completion | null {
  const gap = held.part === null ? null : missingOf(held.part);
  const validator = strongValidator(held.headers);
  if (gap === null || validator === null) return null;
  const lengthBytes = held.part?.lengthBytes ?? 0;
  const last = gap.end === lengthBytes ? '' : gap.end - 1;
  return {
    headers: ['range', `bytes=${gap.start}-${last}`, 'if-range', validator],
    complete(answer, nowMs) {
      const { headers } = answer;
      if (answer.status !== 206 || strongValidator(headers) !== validator) return null;
      if (!isOf(headers, gap, lengthBytes)) return null;
      const merged = updatedHeaders(held.headers, headers, nowMs);
      const length = ['content-length', String(lengthBytes)];
      return {
        status: 200,
        headers: [...without(merged, new Set(['content-length'])), ...length],
        body: Readable.from(wholeBody(held.body, gap, answer.body), { objectMode: false }),
      };
    },
  };
}

/** Whether what is missing is all that is left to ask for: the request is about the whole. */
export function isCompletable(
  { method, headers }: Pick<ExchangeRequest, 'method' | 'headers'>,
  held: StoredAnswer,
): boolean {
  return method === 'GET' && header(headers, 'range') === undefined && completionOf(held) !== null;
}

function isOf(headers: readonly string[], gap: ByteSpan, lengthBytes: number): boolean {
  const part = readContentRange(headers);
  const span = part?.spans[0];
  if (part === null || span?.start !== gap.start || span.end !== gap.end) return false;
  if (part.lengthBytes !== null && part.lengthBytes !== lengthBytes) return false;
  const told = joined(headers, 'content-length');
  return told === undefined || Number(told) === gap.end - gap.start;
}

/** Breaks off where what comes is not as long as it said: nobody may take that for the whole. */
async function* wholeBody(
  held: Buffer,
  { start, end }: ByteSpan,
  missing: Answer['body'],
): AsyncGenerator<Uint8Array> {
  if (start > 0) yield held.subarray(0, start);
  let leftBytes = end - start;
  for await (const chunk of missing instanceof Uint8Array ? [missing] : (missing ?? [])) {
    const bytes = chunk as Uint8Array;
    leftBytes -= bytes.length;
    if (leftBytes < 0) throw new Error('more came of a part than it said');
    yield bytes;
  }
  if (leftBytes > 0) throw new Error('less came of a part than it said');
  if (start < held.length) yield held.subarray(start);
}
