import type { ParsedRecord } from './record.ts';
import { RECORD_HEADER_BYTES, RECORD_TYPE, nextRecord, recordAt } from './record.ts';

export interface Scan {
  /** Records to believe, without the marks between them. */
  readonly records: readonly ParsedRecord[];
  /**
   * Stretches that hold no record, with what follows shown to lie behind (`damaged`) or not to
   * (`torn`).
   */
  readonly gaps: readonly Gap[];
  /** Bytes that need not be read again. */
  readonly consumed: number;
  /** The writer said that nothing follows. */
  readonly ended: boolean;
}

interface Gap {
  readonly kind: 'torn' | 'damaged';
  readonly from: number;
  readonly to: number;
}

/**
 * Finds the records in the bytes of a segment.
 *
 * While the segment may still grow (`final` false), records count up to the last `durable` mark:
 * what follows is under way. Once it cannot, every whole record counts. A stretch that is no record
 * was damaged when a later mark says that it had been on disk; otherwise it is the torn end of a
 * group that nobody was told about. A slot of zeros is a mark that was not made.
 */
export function scanRecords(
  bytes: Buffer,
  marker: Uint8Array,
  options: { readonly final: boolean; readonly limitSeq: number },
): Scan {
  const found: (ParsedRecord | Gap)[] = [];
  let at = 0;
  let marked = 0;
  let ended = false;
  while (at < bytes.length && !ended) {
    const record = recordAt(bytes, at, marker);
    if (typeof record === 'object') {
      found.push(record);
      at = record.end;
      ended = record.type === RECORD_TYPE.end;
      if (ended || record.type === RECORD_TYPE.durable) marked = found.length;
      continue;
    }
    const next = nextRecord(bytes, at + 1, marker);
    const to = next?.offset ?? bytes.length;
    if (!isEmptySlot(bytes, at, to)) found.push({ kind: 'torn', from: at, to });
    at = to;
  }
  const counted = options.final ? found.length : marked;
  const records: ParsedRecord[] = [];
  const gaps: Gap[] = [];
  for (const [index, item] of found.slice(0, counted).entries()) {
    if ('from' in item) gaps.push(index < marked ? { ...item, kind: 'damaged' } : item);
    else if (item.type !== RECORD_TYPE.durable && item.type !== RECORD_TYPE.end) {
      if (item.seq <= options.limitSeq) records.push(item);
    }
  }
  const last = found[counted - 1];
  const consumed = options.final ? bytes.length : last === undefined ? 0 : endOf(last);
  return { records, gaps, consumed, ended };
}

function endOf(item: ParsedRecord | Gap): number {
  return 'from' in item ? item.to : item.end;
}

function isEmptySlot(bytes: Buffer, from: number, to: number): boolean {
  return to - from === RECORD_HEADER_BYTES && bytes.subarray(from, to).every((byte) => byte === 0);
}
