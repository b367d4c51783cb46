import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** Longest line that is waited for; what is longer comes in parts. */
const lineLimit = 64 * 1024;

/** What is appended to a file that may be truncated by rotation at any time. */
export class FileTail {
  readonly #file: string;
  #position: number;
  #decoder = new StringDecoder('utf8');
  #partial = '';

  /** Begins at byte `position`: 0 for all there is. */
  constructor(file: string, position: number) {
    this.#file = file;
    this.#position = position;
  }

  /** The whole lines written since the last call; none when the file is not there. */
  read(): readonly string[] {
    const text = this.#partial + this.#decoder.write(this.#fresh());
    const lines = text.split('\n');
    this.#partial = lines.pop() ?? '';
    if (this.#partial.length > lineLimit) {
      lines.push(this.#partial);
      this.#partial = '';
    }
    return lines;
  }

  #fresh(): Buffer {
    const size = sizeOf(this.#file);
    if (size === null) return Buffer.alloc(0);
    if (size >= this.#position) {
      const bytes = readFrom(this.#file, this.#position, size);
      this.#position += bytes.length;
      return bytes;
    }
    // Rotated: what we had not read yet lies at the end of the piece it was copied to.
    const older = `${this.#file}.1`;
    const rest = readFrom(older, this.#position, sizeOf(older) ?? 0);
    const bytes = readFrom(this.#file, 0, size);
    this.#position = bytes.length;
    return Buffer.concat([rest, bytes]);
  }
}

/** Bytes read at once, so that a log that grows fast does not fill memory. */
const stepBytes = 4 * 1024 * 1024;

function readFrom(file: string, from: number, to: number): Buffer {
  const length = Math.min(to - from, stepBytes);
  if (length <= 0) return Buffer.alloc(0);
  const fd = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readSync(fd, buffer, 0, length, from));
  } finally {
    closeSync(fd);
  }
}

function sizeOf(file: string): number | null {
  try {
    const fd = openSync(file, 'r');
    try {
      return fstatSync(fd).size;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
