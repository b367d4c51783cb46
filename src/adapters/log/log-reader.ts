import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { WriteDamage } from '../../ports/writes/port.ts';
import type { LogDirectory } from './log-directory.ts';
import type { SegmentHeader } from './log-header.ts';
import { decodeHeader, markerOfLog } from './log-header.ts';
import { scanRecords } from './scan-records.ts';

const HEADER_LIMIT_BYTES = 4096;

/** A record where it lies. Its payload is valid during the call that hands it over. */
export interface LogRecord {
  readonly type: number;
  readonly seq: number;
  readonly segment: ReadSegment;
  readonly offset: number;
  readonly end: number;
  readonly payload: Buffer;
  /** The boot of the machine in which it was written. */
  readonly boot: number;
}

/** What a reader knows of a segment. */
export interface ReadSegment {
  readonly index: number;
  readonly path: string;
  readonly fd: number;
  header: SegmentHeader | null;
  /** Everything before it was read. */
  offset: number;
  lastSeq: number;
  /** Nothing more will be written to it, and all of it was read. */
  finished: boolean;
  damaged: boolean;
  /** Records in it that are still needed; counted by whoever keeps the books. */
  unsettled: number;
}

/**
 * Follows one log from its first segment on: what its writer has synced while the writer lives, all
 * that is whole once it is gone. What cannot be read is reported once, with its place, and what
 * lies behind it is served.
 */
export class LogReader {
  readonly name: string;
  readonly segments: ReadSegment[] = [];
  /** Sees every place that could not be read. */
  readonly #onDamage: (damage: WriteDamage) => void;
  readonly #directory: LogDirectory;
  readonly #mayStillWrite: (header: SegmentHeader) => boolean;
  /** The writer is gone and everything was read. */
  finished = false;

  constructor(
    directory: LogDirectory,
    name: string,
    options: {
      readonly mayStillWrite: (header: SegmentHeader) => boolean;
      readonly onDamage: (damage: WriteDamage) => void;
    },
  ) {
    this.#directory = directory;
    this.name = name;
    this.#mayStillWrite = options.mayStillWrite;
    this.#onDamage = options.onDamage;
  }

  /** Hands over every record that came since the last call. */
  read(onRecord: (record: LogRecord) => void): void {
    if (this.finished) return;
    if (this.segments.length === 0) this.#openNewSegments();
    // What a dead writer left is read after it was known to be dead, so that it is all.
    const last = this.segments.at(-1);
    if (last !== undefined) this.#readHeader(last);
    const header = this.#header();
    const writing = header === null || this.#mayStillWrite(header);
    this.#openNewSegments();
    for (const segment of this.segments) {
      if (segment.finished) continue;
      const next = this.segments.find((other) => other.index > segment.index);
      if (next !== undefined) this.#readHeader(next);
      this.#readSegment(segment, next ?? null, writing || segment !== last, onRecord);
    }
  }

  /** Lets go of a segment whose records are all settled. */
  forget(segment: ReadSegment): void {
    closeSync(segment.fd);
    this.segments.splice(this.segments.indexOf(segment), 1);
  }

  close(): void {
    for (const segment of this.segments.splice(0)) closeSync(segment.fd);
  }

  #openNewSegments(): void {
    const lastIndex = this.segments.at(-1)?.index ?? 0;
    for (const index of this.#directory.segmentIndexes(this.name)) {
      if (index <= lastIndex) continue;
      const path = this.#directory.segment(this.name, index);
      const fd = openIfPresent(path);
      if (fd === null) continue;
      this.segments.push({
        index,
        path,
        fd,
        header: null,
        offset: 0,
        lastSeq: 0,
        finished: false,
        damaged: false,
        unsettled: 0,
      });
    }
  }

  /** A header of this log; all of them name the same writer. */
  #header(): SegmentHeader | null {
    return this.segments.findLast((segment) => segment.header !== null)?.header ?? null;
  }

  /**
   * A header that cannot be read is reported like any other damage: the marker is known from the
   * log's name.
   */
  #readHeader(segment: ReadSegment): void {
    if (segment.header !== null || segment.offset > 0) return;
    const bytes = Buffer.allocUnsafe(HEADER_LIMIT_BYTES);
    const read = bytes.subarray(0, readFully(segment.fd, bytes, 0));
    const decoded = decodeHeader(read, segment.path);
    if (decoded.kind !== 'header') return;
    segment.header = decoded.json as SegmentHeader;
    segment.offset = decoded.end;
    segment.lastSeq = segment.header.firstSeq - 1;
  }

  #readSegment(
    segment: ReadSegment,
    next: ReadSegment | null,
    writing: boolean,
    onRecord: (record: LogRecord) => void,
  ): void {
    this.#readHeader(segment);
    const previous = this.segments.findLast((other) => other.index < segment.index);
    segment.lastSeq = Math.max(segment.lastSeq, previous?.lastSeq ?? 0);
    const final = next !== null || !writing;
    // One further on speaks of a segment in between, which was settled and removed meanwhile.
    const follows = next?.index === segment.index + 1 ? next.header : null;
    const limitSeq = follows?.previousEndSeq ?? Number.POSITIVE_INFINITY;
    const start = segment.offset;
    const bytes = Buffer.allocUnsafe(Math.max(0, fstatSync(segment.fd).size - start));
    const read = bytes.subarray(0, readFully(segment.fd, bytes, start));
    const scan = scanRecords(read, markerOfLog(this.name), { final, limitSeq });
    const boot = this.#header()?.boot ?? 0;
    for (const record of scan.records) {
      if (record.seq <= segment.lastSeq) continue;
      segment.lastSeq = record.seq;
      const place = { offset: start + record.offset, end: start + record.end };
      onRecord({ ...record, ...place, segment, boot });
    }
    segment.offset = start + scan.consumed;
    for (const gap of scan.gaps)
      this.#report(segment, gap.kind, start + gap.from, gap.to - gap.from);
    if (scan.ended || final) this.#finish(segment, limitSeq, next === null);
  }

  #finish(segment: ReadSegment, limitSeq: number, isLast: boolean): void {
    segment.finished = true;
    if (isLast) this.finished = true;
    if (Number.isFinite(limitSeq) && segment.lastSeq < limitSeq) {
      const lost = `writes ${segment.lastSeq + 1}–${limitSeq} of log ${this.name} are missing`;
      this.#report(segment, 'damaged', segment.offset, 0, lost);
    }
  }

  #report(
    segment: ReadSegment,
    kind: WriteDamage['kind'],
    offset: number,
    bytes: number,
    what = kind === 'torn'
      ? 'an unfinished group at its end, never acknowledged, is ignored'
      : 'these bytes cannot be read, and acknowledged writes may be among them',
  ): void {
    if (kind === 'damaged') segment.damaged = true;
    this.#onDamage({
      kind,
      file: segment.path,
      offset,
      bytes,
      message: `${segment.path} at byte ${offset} (${bytes} bytes): ${what}.`,
    });
  }
}

/** Reads until the buffer is full or the file ends and returns how many bytes it got. */
export function readFully(fd: number, bytes: Buffer, position: number): number {
  let total = 0;
  while (total < bytes.length) {
    const count = readSync(fd, bytes, total, bytes.length - total, position + total);
    if (count === 0) break;
    total += count;
  }
  return total;
}

function openIfPresent(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
