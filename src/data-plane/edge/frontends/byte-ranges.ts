/** What a `Range` header asks of content of some length. Ends are exclusive. */
export type RangeRequest =
  /** No range that we understand: answer with the whole (RFC 9110 14.2). */
  | { readonly kind: 'whole' }
  | { readonly kind: 'unsatisfiable' }
  /** Ordered as asked, none overlapping; at least one. */
  | { readonly kind: 'ranges'; readonly ranges: readonly ByteRange[] };

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * More than any player or download manager asks for at once; beyond it the header is an attack, and
 * ignored.
 */
const mostRanges = 16;

/** Ranges nearer than this are sent as one: the boundary between them would cost as much. */
const gapBytes = 128;

const whole: RangeRequest = { kind: 'whole' };

/**
 * Reads `Range: bytes=…` by RFC 9110 14.1.2. Another unit, a malformed set or one of too many
 * ranges asks for the whole.
 */
export function readRanges(value: string, lengthBytes: number): RangeRequest {
  const set = /^bytes=(.+)$/i.exec(value)?.[1];
  if (set === undefined) return whole;
  const specs = set.split(',', mostRanges + 1);
  if (specs.length > mostRanges) return whole;
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    const range = readRange(spec, lengthBytes);
    if (range === 'malformed') return whole;
    if (range !== 'beyond') ranges.push(range);
  }
  if (ranges.length === 0) return { kind: 'unsatisfiable' };
  return { kind: 'ranges', ranges: coalesce(ranges) };
}

function readRange(spec: string, lengthBytes: number): ByteRange | 'malformed' | 'beyond' {
  const match = /^[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/.exec(spec);
  if (match === null) return 'malformed';
  const [, first, last] = match as unknown as [string, string, string];
  if (first === '') {
    if (last === '') return 'malformed';
    const suffixBytes = Math.min(Number(last), lengthBytes);
    return suffixBytes === 0 ? 'beyond' : { start: lengthBytes - suffixBytes, end: lengthBytes };
  }
  const start = Number(first);
  const end = last === '' ? Number.POSITIVE_INFINITY : Number(last) + 1;
  if (end <= start) return 'malformed';
  return start >= lengthBytes ? 'beyond' : { start, end: Math.min(end, lengthBytes) };
}

/**
 * RFC 9110 14.2 lets a server join ranges that overlap or nearly touch; so no byte is ever sent
 * twice.
 */
function coalesce(ranges: readonly ByteRange[]): ByteRange[] {
  const apart: ByteRange[] = [];
  for (const range of ranges) {
    let joined = range;
    for (let index = apart.length - 1; index >= 0; index -= 1) {
      const other = apart[index] as ByteRange;
      if (joined.start > other.end + gapBytes || other.start > joined.end + gapBytes) continue;
      joined = {
        start: Math.min(joined.start, other.start),
        end: Math.max(joined.end, other.end),
      };
      apart.splice(index, 1);
      index = apart.length;
    }
    apart.push(joined);
  }
  return apart;
}
