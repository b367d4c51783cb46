import { closeSync, fstatSync, openSync } from 'node:fs';
import type { WriteDamage } from '../../ports/writes/port.ts';
import type { LogDirectory, ProgressName } from './log-directory.ts';
import { byFenceAndGeneration } from './log-directory.ts';
import { decodeHeader } from './log-header.ts';
import { readFully } from './log-reader.ts';
import type { ProgressPosition, ProgressRecord } from './progress-record.ts';
import { decodeProgress } from './progress-record.ts';
import { scanRecords } from './scan-records.ts';

export interface ProgressNews {
  /** Everything known before is void: `records` begin with a whole summary. */
  readonly reset: boolean;
  readonly records: readonly ProgressRecord[];
}

interface OpenProgress {
  readonly name: ProgressName;
  readonly fd: number;
  readonly marker: Buffer;
  offset: number;
}

/**
 * Follows the newest progress file whose summary is complete; all others are void. When a new one
 * continues exactly what was read so far, only what is new is reported.
 */
export class ProgressReader {
  readonly #directory: LogDirectory;
  readonly #onDamage: (damage: WriteDamage) => void;
  #current: OpenProgress | null = null;

  constructor(directory: LogDirectory, onDamage: (damage: WriteDamage) => void) {
    this.#directory = directory;
    this.#onDamage = onDamage;
  }

  /** How far it has read; null when there was nothing yet. */
  get position(): ProgressPosition | null {
    const current = this.#current;
    return current === null ? null : { name: current.name, length: current.offset };
  }

  read(): ProgressNews {
    for (const name of this.#directory.progressNames().toReversed()) {
      const current = this.#current;
      if (current !== null && byFenceAndGeneration(name, current.name) <= 0) break;
      const opened = this.#open(name);
      if (opened === null) continue;
      const records = this.#readRecords(opened);
      const begun = records.findIndex((record) => record.kind === 'begun');
      if (begun === -1) {
        closeSync(opened.fd);
        continue;
      }
      return this.#switchTo(opened, records, begun);
    }
    if (this.#current === null) return { reset: false, records: [] };
    return { reset: false, records: this.#readRecords(this.#current) };
  }

  /** Continues behind what this process itself wrote to the file, and therefore knows. */
  attach(position: ProgressPosition): void {
    const opened = this.#open(position.name);
    if (opened === null) return;
    opened.offset = position.length;
    this.close();
    this.#current = opened;
  }

  close(): void {
    if (this.#current !== null) closeSync(this.#current.fd);
    this.#current = null;
  }

  #switchTo(opened: OpenProgress, records: readonly ProgressRecord[], begun: number): ProgressNews {
    const current = this.#current;
    const record = records[begun];
    const continues = record?.kind === 'begun' ? record.continues : null;
    const joins =
      current !== null &&
      continues !== null &&
      byFenceAndGeneration(continues.name, current.name) === 0 &&
      current.offset <= continues.length;
    const rest = joins ? this.#readRecords(current, continues.length) : [];
    const joined = joins && current.offset === continues.length;
    this.close();
    this.#current = opened;
    if (!joined) return { reset: true, records };
    return { reset: false, records: [...rest, ...records.slice(begun)] };
  }

  #open(name: ProgressName): OpenProgress | null {
    const path = this.#directory.progressFile(name);
    let fd: number;
    try {
      fd = openSync(path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    const bytes = Buffer.allocUnsafe(4096);
    const decoded = decodeHeader(bytes.subarray(0, readFully(fd, bytes, 0)), path);
    if (decoded.kind === 'header') return { name, fd, marker: decoded.marker, offset: decoded.end };
    if (decoded.kind === 'invalid') this.#report(name, 0, fstatSync(fd).size);
    closeSync(fd);
    return null;
  }

  #report(name: ProgressName, offset: number, bytes: number): void {
    const file = this.#directory.progressFile(name);
    const message =
      `${file} at byte ${offset} (${bytes} bytes) cannot be read: ` +
      'what was replayed there is unknown, and those writes are replayed again.';
    this.#onDamage({ kind: 'damaged', file, offset, bytes, message });
  }

  /** What stands in the file behind the offset, as far as it is whole. A damaged stretch in between
   * is reported.
   */
  #readRecords(file: OpenProgress, until = Number.POSITIVE_INFINITY): readonly ProgressRecord[] {
    const start = file.offset;
    const size = Math.min(fstatSync(file.fd).size, until);
    const bytes = Buffer.allocUnsafe(Math.max(0, size - start));
    const read = bytes.subarray(0, readFully(file.fd, bytes, start));
    const scan = scanRecords(read, file.marker, {
      final: true,
      limitSeq: Number.POSITIVE_INFINITY,
    });
    const end = scan.records.at(-1)?.end ?? 0;
    file.offset = start + end;
    for (const gap of scan.gaps) {
      if (gap.from < end) this.#report(file.name, start + gap.from, gap.to - gap.from);
    }
    return scan.records.map((record) => decodeProgress(record.payload));
  }
}
