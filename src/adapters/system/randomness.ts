import { randomBytes, randomInt } from 'node:crypto';
import type { Randomness } from '../../ports/randomness/port.ts';
import { identifierFromBytes } from '../../lib/identifier.ts';
import { drawRandomBytes } from '../../lib/random-pool.ts';

/** The operating system's cryptographic generator: nobody can guess what comes next. */
export const systemRandomness: Randomness = {
  fraction: () => randomInt(2 ** 48 - 1) / (2 ** 48 - 1),
  integer: (below) => (below === 1 ? 0 : randomInt(below)),
  bytes: drawRandomBytes,
  id: (length = 20) => identifierFromBytes(randomBytes(length)),
};
