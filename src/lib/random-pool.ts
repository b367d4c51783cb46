import { randomBytes } from 'node:crypto';

const POOL_BYTES = 4_096;
/** Longer ones are drawn by themselves. */
const LONGEST_BYTES = 64;

let pool: Buffer = Buffer.alloc(0);
let at = 0;

/**
 * Random bytes of the operating system's cryptographic generator, drawn some thousand at a time: to
 * ask it for a dozen costs more than what they are mostly for. None is given out twice, nor kept
 * here once it was given out.
 */
export function drawRandomBytes(length: number): Uint8Array {
  if (length > LONGEST_BYTES) return randomBytes(length);
  if (at + length > pool.length) {
    pool = randomBytes(POOL_BYTES);
    at = 0;
  }
  const drawn = Uint8Array.prototype.slice.call(pool, at, at + length);
  pool.fill(0, at, at + length);
  at += length;
  return drawn;
}
