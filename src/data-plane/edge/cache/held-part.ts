import { ownBytes } from '../../../lib/own-bytes.ts';
import { joined } from './flat-headers.ts';
import { strongValidator } from './validators.ts';

/** Bytes of a whole; `end` is exclusive. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** Which bytes of the whole an incomplete answer holds. Its body is them, span after span. */
export interface HeldPart {
  /** In order, with a gap between each and the next; at least one. */
  readonly spans: readonly ByteSpan[];
  /** Of the whole; null where nobody said. */
  readonly lengthBytes: number | null;
}

/** What is held of something: with no part it is the whole. */
export interface Holding {
  readonly headers: readonly string[];
  readonly part: HeldPart | null;
  readonly body: Buffer;
}

/** Pieces of one answer; more of them are a client that asks for a byte here and there. */
const MOST_SPANS = 32;

/**
 * The one range that a 206 holds (RFC 9110 14.4), in bytes. Null for any other unit, for a range
 * that cannot be, for several that contradict each other, and for multipart.
 */
export function readContentRange(headers: readonly string[]): HeldPart | null {
  if (/^\s*multipart\//i.test(joined(headers, 'content-type') ?? '')) return null;
  const text = joined(headers, 'content-range') ?? '';
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(?:(\d{1,15})|\*)$/i.exec(text);
  if (match === null) return null;
  const [, first = '', last = '', total] = match;
  const span = { start: Number(first), end: Number(last) + 1 };
  const lengthBytes = total === undefined ? null : Number(total);
  if (span.end <= span.start || (lengthBytes !== null && span.end > lengthBytes)) return null;
  return { spans: [span], lengthBytes };
}

/** As many bytes as its spans say, or it is not what it says it is. */
export function bytesOf({ spans }: HeldPart): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** What lies between those bounds, where all of it is held; else null. */
export function sliceOf(part: HeldPart, body: Buffer, { start, end }: ByteSpan): Buffer | null {
  let at = 0;
  for (const span of part.spans) {
    if (span.start <= start && end <= span.end) {
      return body.subarray(at + start - span.start, at + end - span.start);
    }
    at += span.end - span.start;
  }
  return null;
}

/** The one stretch that is missing; null where there are several, or the length is not known. */
export function missingOf({ spans, lengthBytes }: HeldPart): ByteSpan | null {
  if (lengthBytes === null) return null;
  const gaps: ByteSpan[] = [];
  let at = 0;
  for (const { start, end } of [...spans, { start: lengthBytes, end: lengthBytes }]) {
    if (start > at) gaps.push({ start: at, end: start });
    at = end;
  }
  const [only, ...more] = gaps;
  return only !== undefined && more.length === 0 ? only : null;
}

/**
 * What two answers about the same bytes hold together (RFC 9111 3.4); its part is null where that
 * is the whole. Null where nothing proves that they are the same (RFC 9110 15.3.7.3), where they
 * contradict each other, or where it would be more than `limitBytes`.
 */
export function combined(
  held: Holding,
  came: Holding,
  limitBytes: number,
): Pick<Holding, 'part' | 'body'> | null {
  const validator = strongValidator(held.headers);
  if (validator === null || validator !== strongValidator(came.headers)) return null;
  const [old, fresh] = [partOf(held), partOf(came)];
  const lengthBytes = old.lengthBytes ?? fresh.lengthBytes;
  if (fresh.lengthBytes !== null && fresh.lengthBytes !== lengthBytes) return null;
  const spans: ByteSpan[] = [];
  const chunks: Buffer[] = [];
  for (const piece of inOrder([...piecesOf(old, held.body), ...piecesOf(fresh, came.body)])) {
    const before = spans.at(-1);
    const from = Math.max(piece.start, before?.end ?? 0);
    if (piece.end <= from) continue;
    chunks.push(piece.bytes.subarray(from - piece.start));
    const isNext = before !== undefined && before.end === from;
    if (isNext) spans[spans.length - 1] = { start: before.start, end: piece.end };
    else spans.push({ start: from, end: piece.end });
  }
  const part = { spans, lengthBytes };
  const isPossible = lengthBytes === null || (spans.at(-1)?.end ?? 0) <= lengthBytes;
  if (!isPossible || spans.length > MOST_SPANS || bytesOf(part) > limitBytes) return null;
  return { part: isWhole(part) ? null : part, body: ownBytes(chunks) };
}

/** A part that is all there is (RFC 9111 3.4). */
export function isWhole({ spans, lengthBytes }: HeldPart): boolean {
  return spans[0]?.start === 0 && spans[0].end === lengthBytes;
}

function partOf({ part, body }: Holding): HeldPart {
  return part ?? { spans: [{ start: 0, end: body.length }], lengthBytes: body.length };
}

interface Piece extends ByteSpan {
  readonly bytes: Buffer;
}

function piecesOf(part: HeldPart, body: Buffer): Piece[] {
  let at = 0;
  return part.spans.map(({ start, end }) => {
    const bytes = body.subarray(at, at + end - start);
    at += bytes.length;
    return { start, end, bytes };
  });
}

function inOrder(pieces: readonly Piece[]): readonly Piece[] {
  return pieces.toSorted((one, other) => one.start - other.start);
}
