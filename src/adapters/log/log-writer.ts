import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  unlinkSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { isDiskFull, type AppendFailure } from './failures.ts';
import type { LogDirectory } from './log-directory.ts';
import { syncFolder } from './log-directory.ts';
import { encodeHeader, markerOfLog } from './log-header.ts';
import { RECORD_HEADER_BYTES, RECORD_TYPE, encodeRecord, sealRecord } from './record.ts';
import type { WriterIdentity } from './writer-identity.ts';

export type AppendOutcome =
  | { readonly kind: 'durable'; readonly firstSeq: number }
  | { readonly kind: 'failed'; readonly code: AppendFailure; readonly message: string };

export interface LogWriterOptions {
  readonly directory: LogDirectory;
  readonly identity: WriterIdentity;
  readonly boot: number;
  /** A segment takes no further group once it is this large. */
  readonly segmentBytes: number;
  /**
   * `none` exists for the test that shows that the durability proof notices: nothing is durable
   * then.
   */
  readonly sync: 'fdatasync' | 'none';
  readonly nowMs: () => number;
}

interface OpenSegment {
  readonly fd: number;
  readonly path: string;
  bytes: number;
}

/** The pulse starts over beyond this; readers look at its time as well as its size. */
const PULSE_LIMIT_BYTES = 1024 * 1024;

/**
 * The one writer of a log. Every operation blocks, so it lives in a thread.
 *
 * A group of records is written with an empty slot behind it, synced, and only then the slot is
 * filled with a `durable` record, over bytes already allocated. Readers believe a living writer
 * only up to the last such record: nobody acts on a write that its caller may yet be told was
 * refused. After any failure the segment is given up (what a failed fsync left in the page cache
 * cannot be known) and the next one says where it ended.
 */
export class LogWriter {
  readonly name: string = randomBytes(12).toString('hex');
  readonly #options: LogWriterOptions;
  readonly #marker = markerOfLog(this.name);
  readonly #pulse: number;
  #segment: OpenSegment | null = null;
  #index = 0;
  #nextSeq = 1;
  #durableSeq = 0;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#pulse = openSync(options.directory.pulse, 'a', 0o600);
  }

  /** Bytes written since the writer was made, for the bound on all bytes. */
  appendedBytes = 0;

  /**
   * Appends records that were begun as one group and returns once they are on disk, or says why
   * they are not in the log.
   */
  append(groups: readonly Buffer[]): AppendOutcome {
    let segment: OpenSegment;
    try {
      segment = this.#writableSegment();
    } catch (error) {
      return failure(error, 'writes-failed');
    }
    const firstSeq = this.#nextSeq;
    let length = RECORD_HEADER_BYTES;
    for (const bytes of groups) {
      this.#seal(bytes);
      length += bytes.length;
    }
    // Given up even when refused: a reader may have seen the numbers.
    const lastSeq = this.#nextSeq - 1;
    try {
      writeFully(segment.fd, [...groups, Buffer.alloc(RECORD_HEADER_BYTES)], length);
    } catch (error) {
      this.#giveUp(segment);
      return failure(error, 'writes-failed');
    }
    try {
      this.#sync(segment.fd);
      if (fstatSync(segment.fd).nlink === 0) throw new Error(`${segment.path} was removed`);
    } catch (error) {
      this.#giveUp(segment);
      return failure(error, 'writes-sync-failed');
    }
    segment.bytes += length;
    this.appendedBytes += length;
    this.#durableSeq = lastSeq;
    this.#publish(segment, lastSeq);
    return { kind: 'durable', firstSeq };
  }

  /** Says that nothing more will come, so that the log can be removed once it is drained. */
  close(): void {
    const segment = this.#segment;
    if (segment !== null) {
      try {
        const end = encodeRecord(this.#marker, RECORD_TYPE.end, this.#nextSeq);
        writeSync(segment.fd, end);
        this.#sync(segment.fd);
      } catch {
        // Without the record, the log ends with the life of this process instead.
      }
      closeSync(segment.fd);
      this.#segment = null;
    }
    closeSync(this.#pulse);
  }

  #seal(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      at = sealRecord(bytes, at, this.#marker, this.#nextSeq);
      this.#nextSeq += 1;
    }
  }

  /**
   * Shows the group to readers, in this process and others. The write itself is on disk already.
   */
  #publish(segment: OpenSegment, lastSeq: number): void {
    const slot = segment.bytes - RECORD_HEADER_BYTES;
    try {
      writeSync(segment.fd, encodeRecord(this.#marker, RECORD_TYPE.durable, lastSeq), 0, 32, slot);
      writeSync(this.#pulse, 'p');
      if (fstatSync(this.#pulse).size > PULSE_LIMIT_BYTES) ftruncateSync(this.#pulse, 0);
    } catch {
      // Readers learn it from the header of the next segment.
      closeSync(segment.fd);
      this.#segment = null;
    }
  }

  #writableSegment(): OpenSegment {
    if (this.#segment !== null && this.#segment.bytes < this.#options.segmentBytes) {
      return this.#segment;
    }
    const next = this.#createSegment();
    if (this.#segment !== null) closeSync(this.#segment.fd);
    this.#segment = next;
    return next;
  }

  #createSegment(): OpenSegment {
    const { directory, boot, identity, nowMs } = this.#options;
    mkdirSync(directory.log(this.name), { recursive: true, mode: 0o700 });
    const path = directory.segment(this.name, this.#index + 1);
    const header = encodeHeader(this.#marker, {
      log: this.name,
      boot,
      writer: identity,
      createdAtMs: nowMs(),
      firstSeq: this.#nextSeq,
      previousEndSeq: this.#durableSeq,
    });
    const fd = openSync(path, 'wx', 0o600);
    try {
      writeFully(fd, [header], header.length);
      fsyncSync(fd);
      syncFolder(directory.log(this.name));
      if (this.#index === 0) syncFolder(directory.logs);
    } catch (error) {
      closeSync(fd);
      unlinkSync(path);
      throw error;
    }
    this.#index += 1;
    this.appendedBytes += header.length;
    return { fd, path, bytes: header.length };
  }

  #sync(fd: number): void {
    if (this.#options.sync === 'fdatasync') fdatasyncSync(fd);
  }

  #giveUp(segment: OpenSegment): void {
    this.#segment = null;
    try {
      ftruncateSync(segment.fd, segment.bytes);
    } catch {
      // The header of the next segment tells readers to ignore what is left here.
    }
    closeSync(segment.fd);
  }
}

function writeFully(fd: number, buffers: readonly Buffer[], length: number): void {
  let written = writevSync(fd, [...buffers]);
  if (written === length) return;
  // A short write on a file means that space ran out or a limit was met: the next one says which.
  const rest = Buffer.concat(buffers);
  while (written < length) written += writeSync(fd, rest, written);
}

function failure(error: unknown, otherwise: AppendFailure): AppendOutcome {
  const { message } = error as Error;
  return { kind: 'failed', code: isDiskFull(error) ? 'disk-full' : otherwise, message };
}
