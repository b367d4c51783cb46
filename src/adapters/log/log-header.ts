import { TurnoutError } from '../../lib/errors.ts';
import type { WriterIdentity } from './writer-identity.ts';
import { MARKER_BYTES, RECORD_TYPE, encodeRecord, recordAt } from './record.ts';

const FORMAT_VERSION = 1;
const PREAMBLE_BYTES = 16;
const NAME = 'TURNOUT-LOG';

/** What the first record of a segment says about it. */
export interface SegmentHeader {
  readonly log: string;
  readonly boot: number;
  readonly writer: WriterIdentity;
  readonly createdAtMs: number;
  /** Sequence number of the first record that follows. */
  readonly firstSeq: number;
  /**
   * The last record of the segment before that was acknowledged; what follows it there does not
   * count.
   */
  readonly previousEndSeq: number;
}

/**
 * A log's marker is the start of its random name, so that a damaged header does not hide what
 * follows it.
 */
export function markerOfLog(name: string): Buffer {
  return Buffer.from(name.slice(0, 2 * MARKER_BYTES), 'hex');
}

/** The first bytes of a file: what it is, in which format version, and its header. */
export function encodeHeader(marker: Uint8Array, header: object): Buffer {
  const preamble = `${NAME} ${FORMAT_VERSION}`.padEnd(PREAMBLE_BYTES - 1) + '\n';
  const payload = Buffer.from(JSON.stringify(header));
  return Buffer.concat([
    Buffer.from(preamble),
    encodeRecord(marker, RECORD_TYPE.header, 0, payload),
  ]);
}

export type DecodedHeader =
  | {
      readonly kind: 'header';
      readonly marker: Buffer;
      readonly json: unknown;
      readonly end: number;
    }
  | { readonly kind: 'incomplete' | 'invalid' };

/** Reads it back. Throws TurnoutError `writes-newer-format` when a newer Turnout wrote the file. */
export function decodeHeader(bytes: Buffer, file: string): DecodedHeader {
  const preamble = bytes.toString('latin1', 0, PREAMBLE_BYTES);
  const match = /^TURNOUT-LOG (\d+) *\n$/.exec(preamble);
  if (match === null) {
    return { kind: bytes.length < PREAMBLE_BYTES ? 'incomplete' : 'invalid' };
  }
  if (Number(match[1]) > FORMAT_VERSION) {
    throw new TurnoutError(
      'writes-newer-format',
      `${file} has format ${match[1]}; this Turnout reads up to ${FORMAT_VERSION}.`,
      'Use the newer Turnout that wrote it, or let that one drain the queue first.',
    );
  }
  const marker = bytes.subarray(PREAMBLE_BYTES, PREAMBLE_BYTES + MARKER_BYTES);
  if (marker.length < MARKER_BYTES) return { kind: 'incomplete' };
  const record = recordAt(bytes, PREAMBLE_BYTES, marker);
  if (typeof record === 'string') return { kind: record };
  if (record.type !== RECORD_TYPE.header) return { kind: 'invalid' };
  return {
    kind: 'header',
    marker: Buffer.from(marker),
    json: JSON.parse(record.payload.toString()) as unknown,
    end: record.end,
  };
}
