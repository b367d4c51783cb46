import type { LogRecord, ReadSegment } from './log-reader.ts';
import type { Place } from './progress-record.ts';
import type { QueueEntry } from './queue-entry.ts';
import { readFully } from './log-reader.ts';
import { markerOfLog } from './log-header.ts';
import { recordAt } from './record.ts';
import { decodeWriteRecord } from './write-record.ts';
import type { WriteRecord } from './write-record.ts';

/** An entry and where its body can be read. */
export interface StoredEntry extends QueueEntry {
  readonly segment: ReadSegment;
  readonly offset: number;
  readonly end: number;
}

export function storedEntry(log: string, record: LogRecord): StoredEntry {
  const { body, boot, stampNs, ...write } = decodeWriteRecord(record.payload);
  return {
    ...write,
    log,
    seq: record.seq,
    boot,
    stampNs: Number(stampNs),
    bytes: body.length,
    segment: record.segment,
    offset: record.offset,
    end: record.end,
    attempts: 0,
    claim: null,
    state: { kind: 'waiting' },
  };
}

/** The whole write, checked again; null when it cannot be read any more. */
export function readStoredWrite(entry: StoredEntry): WriteRecord | null {
  const bytes = Buffer.allocUnsafe(entry.end - entry.offset);
  if (readFully(entry.segment.fd, bytes, entry.offset) < bytes.length) return null;
  const record = recordAt(bytes, 0, markerOfLog(entry.log));
  if (typeof record === 'string' || record.seq !== entry.seq) return null;
  return decodeWriteRecord(record.payload);
}

export function placeOf(entry: StoredEntry): Place {
  return [entry.log, entry.seq];
}
