import { createHash } from 'node:crypto';
import { WireMemo } from '../../../exchange.ts';
import { without } from '../flat-headers.ts';
import type { StoredAnswer } from '../stored-answer.ts';

/**
 * An answer as a file: `TCA1`, or `TCP1` where it is a part (a release that knows of none must not
 * take it for the whole), one byte that says whether it is expired (a soft purge writes it in
 * place), the length of the head, the digest of head and body, the head as JSON, the body. What a
 * crash or a bad sector leaves behind does not fit its digest.
 */
export interface FiledAnswer {
  readonly address: string;
  /** What it can be purged by. */
  readonly tags: readonly string[];
  readonly answer: StoredAnswer;
  /** When its head came, in milliseconds since the epoch: the other clock ends with the process. */
  readonly receivedEpochMs: number;
}

/** What is in the head of a file, and how long the file must be. */
export interface FileHead extends Omit<FiledAnswer, 'answer'> {
  readonly answer: Omit<StoredAnswer, 'body' | 'memo'>;
  readonly fileBytes: number;
}

const MAGIC = 'TCA1';
const MAGIC_OF_PART = 'TCP1';
/** Where the byte is that says whether it is expired. */
export const EXPIRED_AT = 4;
const LENGTH_AT = 5;
const DIGEST_AT = 9;
const HEAD_AT = 41;
/** A head is at most what a service may send as one, and what we add. */
const MOST_HEAD_BYTES = 256 * 1024;

export function encodeFile({ address, tags, answer, receivedEpochMs }: FiledAnswer): Buffer {
  const { body, memo: _, isExpired, ...kept } = answer;
  const head = Buffer.from(
    JSON.stringify({ address, tags, answer: kept, receivedEpochMs, bodyBytes: body.length }),
  );
  const start = Buffer.alloc(HEAD_AT);
  start.write(answer.part === null ? MAGIC : MAGIC_OF_PART, 'latin1');
  start[EXPIRED_AT] = isExpired ? 1 : 0;
  start.writeUInt32BE(head.length, LENGTH_AT);
  createHash('sha256').update(head).update(body).digest().copy(start, DIGEST_AT);
  return Buffer.concat([start, head, body]);
}

/** How many bytes the head takes in all, by the first of them; null where this is no such file. */
export function headBytes(start: Buffer): number | null {
  const magic = start.toString('latin1', 0, MAGIC.length);
  if (start.length < HEAD_AT || (magic !== MAGIC && magic !== MAGIC_OF_PART)) return null;
  const length = start.readUInt32BE(LENGTH_AT);
  return length > MOST_HEAD_BYTES ? null : HEAD_AT + length;
}

/** The head, unproved: only a whole file can be held against its digest. Null where it is none. */
export function decodeHead(bytes: Buffer): FileHead | null {
  const end = headBytes(bytes);
  if (end === null || bytes.length < end) return null;
  try {
    const head = JSON.parse(bytes.toString('utf8', HEAD_AT, end)) as WrittenHead;
    const isExpired = bytes[EXPIRED_AT] === 1;
    const { address, tags, receivedEpochMs, bodyBytes } = head;
    // What was filed before there were parts is whole.
    const answer = { ...head.answer, part: head.answer.part ?? null };
    const fileBytes = end + bodyBytes;
    if (typeof address !== 'string' || !Number.isSafeInteger(fileBytes)) return null;
    return { address, tags, answer: { ...answer, isExpired }, receivedEpochMs, fileBytes };
  } catch {
    return null;
  }
}

interface WrittenHead extends Omit<FiledAnswer, 'answer'> {
  readonly answer: Omit<StoredAnswer, 'body' | 'memo' | 'isExpired'>;
  readonly bodyBytes: number;
}

/** The whole of it, held against its digest; null where anything of it is not as it was written. */
export function decodeFile(bytes: Buffer): FiledAnswer | null {
  const end = headBytes(bytes);
  if (end === null) return null;
  const digest = createHash('sha256').update(bytes.subarray(HEAD_AT)).digest();
  if (!digest.equals(bytes.subarray(DIGEST_AT, HEAD_AT))) return null;
  const head = decodeHead(bytes);
  if (head === null) return null;
  const { address, tags, answer, receivedEpochMs } = head;
  // The version before kept a length too.
  const headers = without(answer.headers, ofBody);
  const whole = { ...answer, headers, body: bytes.subarray(end), memo: new WireMemo() };
  return { address, tags, answer: whole, receivedEpochMs };
}

const ofBody = new Set(['content-length']);
