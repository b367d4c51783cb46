import { createHash } from 'node:crypto';
import { TurnoutError } from '../../lib/errors.ts';

const DIGEST = /^sha256:([0-9a-f]{64})$/;

/** The name under which the blobs keep these bytes. */
export function digestOf(bytes: Uint8Array): string {
  return digestFromHex(createHash('sha256').update(bytes).digest('hex'));
}

export function digestFromHex(hex: string): string {
  return `sha256:${hex}`;
}

/**
 * The hexadecimal part; refuses (`blob-digest-invalid`) anything else, so that no digest can name
 * another file.
 */
export function hexOfDigest(digest: string): string {
  const hex = DIGEST.exec(digest)?.[1];
  if (hex) return hex;
  throw new TurnoutError(
    'blob-digest-invalid',
    `${JSON.stringify(digest)} is not the digest of a blob.`,
    'A digest reads sha256: and 64 lower-case hexadecimal digits.',
  );
}
