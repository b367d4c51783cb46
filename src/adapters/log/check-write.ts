import { TurnoutError } from '../../lib/errors.ts';
import { writeTooLarge } from './failures.ts';
import type { WriteRecord } from './write-record.ts';

const FEATURE_LIMIT_BYTES = 256;
const KEY_LIMIT_BYTES = 1024;
const ID_PATTERN = /^[A-Za-z0-9._~-]{1,128}$/;

/**
 * Throws TurnoutError `write-too-large` or `write-id-invalid` when the log cannot take the write.
 */
export function checkWrite(
  write: Pick<WriteRecord, 'id' | 'feature' | 'key' | 'body'>,
  bodyLimitBytes: number,
): void {
  if (!ID_PATTERN.test(write.id)) {
    throw new TurnoutError(
      'write-id-invalid',
      'The id of a write has characters or a length that it may not have.',
      'Use 1 to 128 of the characters A–Z a–z 0–9 . _ ~ -',
    );
  }
  checkSize('feature', Buffer.byteLength(write.feature), FEATURE_LIMIT_BYTES);
  checkSize('key', Buffer.byteLength(write.key), KEY_LIMIT_BYTES);
  checkSize('body', write.body.length, bodyLimitBytes);
}

export function checkSize(what: string, bytes: number, limitBytes: number): void {
  if (bytes > limitBytes) throw writeTooLarge(what, bytes, limitBytes);
}
