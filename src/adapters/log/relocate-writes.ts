import type { LogReader, ReadSegment } from './log-reader.ts';
import type { LogWriter } from './log-writer.ts';
import type { ProgressRecord } from './progress-record.ts';
import type { QueueView } from './queue-view.ts';
import { placeOf, readStoredWrite } from './stored-entry.ts';
import type { StoredEntry } from './stored-entry.ts';
import { encodeWriteRecord, writeRecordBytes } from './write-record.ts';

/** A finished segment is emptied once less than this share of its records is still needed. */
const SPARSE_SHARE = 1 / 4;
/** How much is copied at a time. */
const COPY_LIMIT_BYTES = 1024 * 1024;

/**
 * Copies the few writes that keep a large segment from being removed (dead letters, above all) to a
 * log of the drainer's, and returns what the progress log must say of it. Copies count only once it
 * does, so that a crash in between leaves the originals in force.
 */
export function relocateWrites(view: QueueView, writer: LogWriter): readonly ProgressRecord[] {
  const entries = sparseEntries(view);
  const copies: Buffer[] = [];
  const moved: StoredEntry[] = [];
  for (const entry of entries) {
    const write = readStoredWrite(entry);
    if (write === null) continue;
    const copy = { ...write, expiresAtMs: entry.expiresAtMs, origin: 'moved' } as const;
    const bytes = Buffer.alloc(writeRecordBytes(copy));
    encodeWriteRecord(bytes, 0, copy);
    copies.push(bytes);
    moved.push(entry);
  }
  if (copies.length === 0) return [];
  const outcome = writer.append(copies);
  // Space is what this is about: without any for the copies, the originals stay.
  if (outcome.kind === 'failed') return [];
  view.refreshLogs();
  return moved.map((entry, index) => {
    const at = placeOf(entry);
    const by = [writer.name, outcome.firstSeq + index] as const;
    view.replace(at, by);
    return { kind: 'replaced', at, by };
  });
}

/** Everything still needed in the first sparse segment, unless it is being replayed. */
function sparseEntries(view: QueueView): readonly StoredEntry[] {
  for (const { reader, entries } of view.logs.values()) {
    const segment = sparseSegment(reader);
    if (segment === undefined) continue;
    const needed = [...entries.values()].filter((entry) => entry.segment === segment);
    const isInUse = needed.some(
      (entry) => entry.state.kind === 'claimed' || view.standIns.has(entry),
    );
    const bytes = needed.reduce((sum, { offset, end }) => sum + end - offset, 0);
    if (!isInUse && bytes <= COPY_LIMIT_BYTES) return needed;
  }
  return [];
}

function sparseSegment(reader: LogReader): ReadSegment | undefined {
  return reader.segments.find((segment) => {
    const records = segment.lastSeq - (segment.header?.firstSeq ?? segment.lastSeq) + 1;
    const { finished, unsettled } = segment;
    return finished && unsettled > 0 && unsettled < records * SPARSE_SHARE;
  });
}
