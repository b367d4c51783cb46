import { RECORD_HEADER_BYTES, RECORD_TYPE, beginRecord } from './record.ts';

/**
 * The payload of a write record: fixed fields, then id, feature, key and body.
 *
 * `boot` and `stampNs` are the write's place in the order of its key: which boot of the machine,
 * and the reading of its monotonic clock, which all processes share.
 */
export interface WriteRecord {
  readonly id: string;
  readonly feature: string;
  readonly key: string;
  readonly body: Uint8Array;
  readonly boot: number;
  readonly stampNs: bigint;
  readonly acceptedAtMs: number;
  readonly expiresAtMs: number;
  readonly origin: WriteOrigin;
}

/**
 * `accepted` from a caller · `requeued`: takes the place of the dead letter with its id ·
 * `moved`: a copy, which counts once the progress log says that it took the place of the original.
 */
export type WriteOrigin = 'accepted' | 'requeued' | 'moved';

const ORIGINS: readonly WriteOrigin[] = ['accepted', 'requeued', 'moved'];
const FIXED_BYTES = 36;

/** How many bytes the record takes, frame included. */
export function writeRecordBytes(
  write: Pick<WriteRecord, 'id' | 'feature' | 'key' | 'body'>,
): number {
  return (
    RECORD_HEADER_BYTES +
    FIXED_BYTES +
    write.id.length +
    Buffer.byteLength(write.feature) +
    Buffer.byteLength(write.key) +
    write.body.length
  );
}

/**
 * Writes the payload behind room for the frame and returns the offset after the record. The frame
 * is sealed later.
 */
export function encodeWriteRecord(bytes: Buffer, offset: number, write: WriteRecord): number {
  const start = offset + RECORD_HEADER_BYTES;
  let at = start + FIXED_BYTES;
  at += bytes.write(write.id, at, 'latin1');
  const featureBytes = bytes.write(write.feature, at, 'utf8');
  at += featureBytes;
  const keyBytes = bytes.write(write.key, at, 'utf8');
  at += keyBytes;
  bytes.set(write.body, at);
  at += write.body.length;
  bytes.writeBigUInt64LE(write.stampNs, start);
  bytes.writeDoubleLE(write.acceptedAtMs, start + 8);
  bytes.writeDoubleLE(write.expiresAtMs, start + 16);
  bytes.writeUInt32LE(write.boot, start + 24);
  bytes.writeUInt8(ORIGINS.indexOf(write.origin), start + 28);
  bytes.writeUInt8(write.id.length, start + 29);
  bytes.writeUInt16LE(featureBytes, start + 30);
  bytes.writeUInt16LE(keyBytes, start + 32);
  bytes.writeUInt16LE(0, start + 34);
  beginRecord(bytes, offset, RECORD_TYPE.write, at - start);
  return at;
}

/** A record that asks for a dead letter to be given up. */
export function encodeDiscard(bytes: Buffer, offset: number, id: string): number {
  const length = bytes.write(id, offset + RECORD_HEADER_BYTES, 'latin1');
  beginRecord(bytes, offset, RECORD_TYPE.discard, length);
  return offset + RECORD_HEADER_BYTES + length;
}

/** Reads a payload back; the body is a view on it. */
export function decodeWriteRecord(payload: Buffer): WriteRecord {
  const featureAt = FIXED_BYTES + payload.readUInt8(29);
  const keyAt = featureAt + payload.readUInt16LE(30);
  const bodyAt = keyAt + payload.readUInt16LE(32);
  return {
    id: payload.toString('latin1', FIXED_BYTES, featureAt),
    feature: payload.toString('utf8', featureAt, keyAt),
    key: payload.toString('utf8', keyAt, bodyAt),
    body: payload.subarray(bodyAt),
    boot: payload.readUInt32LE(24),
    stampNs: payload.readBigUInt64LE(0),
    acceptedAtMs: payload.readDoubleLE(8),
    expiresAtMs: payload.readDoubleLE(16),
    origin: ORIGINS[payload.readUInt8(28)] ?? 'accepted',
  };
}
