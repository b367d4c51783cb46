import { crc32 } from 'node:zlib';

/**
 * The frame around everything in a log file.
 *
 * ```
 *  0  8  marker, random for each log, so that no client can forge a record inside a body
 *  8  4  CRC-32 of everything after it
 * 12  4  length of the payload
 * 16  1  type; 3 bytes zero
 * 20  8  sequence number
 * 28  4  zero
 * 32  …  payload
 * ```
 * Numbers are little-endian.
 */
export const RECORD_HEADER_BYTES = 32;
export const MARKER_BYTES = 8;
/** No payload is larger; a length beyond it is damage. */
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

export const RECORD_TYPE = {
  header: 1,
  write: 2,
  discard: 3,
  /** Everything before it in the file is on disk. */
  durable: 4,
  /** The writer closed the log. */
  end: 5,
  progress: 6,
} as const;

export interface ParsedRecord {
  readonly type: number;
  readonly seq: number;
  readonly offset: number;
  /** Offset after the record. */
  readonly end: number;
  readonly payload: Buffer;
}

/** Says what stands at `offset`, so that `sealRecord` can complete it. */
export function beginRecord(bytes: Buffer, offset: number, type: number, length: number): void {
  bytes.writeUInt32LE(length, offset + 12);
  bytes.writeUInt32LE(type, offset + 16);
}

/**
 * Completes the record that was begun at `offset` and whose payload is in place; returns the offset
 * after it.
 */
export function sealRecord(bytes: Buffer, offset: number, marker: Uint8Array, seq: number): number {
  const end = offset + RECORD_HEADER_BYTES + bytes.readUInt32LE(offset + 12);
  bytes.set(marker, offset);
  bytes.writeUIntLE(seq, offset + 20, 6);
  bytes.writeUIntLE(0, offset + 26, 6);
  bytes.writeUInt32LE(crc32(bytes.subarray(offset + 12, end)), offset + 8);
  return end;
}

/** A whole record with this payload. */
export function encodeRecord(
  marker: Uint8Array,
  type: number,
  seq: number,
  payload: Uint8Array = new Uint8Array(0),
): Buffer {
  const bytes = Buffer.alloc(RECORD_HEADER_BYTES + payload.length);
  bytes.set(payload, RECORD_HEADER_BYTES);
  beginRecord(bytes, 0, type, payload.length);
  sealRecord(bytes, 0, marker, seq);
  return bytes;
}

/**
 * The record at `offset`; `incomplete` when the bytes end inside it, `invalid` when they cannot be
 * one.
 */
export function recordAt(
  bytes: Buffer,
  offset: number,
  marker: Uint8Array,
): ParsedRecord | 'incomplete' | 'invalid' {
  const present = bytes.subarray(offset, offset + MARKER_BYTES);
  if (present.compare(marker, 0, present.length) !== 0) return 'invalid';
  if (bytes.length - offset < RECORD_HEADER_BYTES) return 'incomplete';
  const length = bytes.readUInt32LE(offset + 12);
  if (length > MAX_PAYLOAD_BYTES) return 'invalid';
  const end = offset + RECORD_HEADER_BYTES + length;
  if (end > bytes.length) return 'incomplete';
  if (crc32(bytes.subarray(offset + 12, end)) !== bytes.readUInt32LE(offset + 8)) return 'invalid';
  return {
    type: bytes.readUInt32LE(offset + 16),
    seq: bytes.readUIntLE(offset + 20, 6),
    offset,
    end,
    payload: bytes.subarray(offset + RECORD_HEADER_BYTES, end),
  };
}

/** The first whole record at or after `from`, whatever lies before it. */
export function nextRecord(bytes: Buffer, from: number, marker: Uint8Array): ParsedRecord | null {
  for (let at = bytes.indexOf(marker, from); at !== -1; at = bytes.indexOf(marker, at + 1)) {
    const record = recordAt(bytes, at, marker);
    if (typeof record === 'object') return record;
  }
  return null;
}
