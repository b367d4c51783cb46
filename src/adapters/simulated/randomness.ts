import { randomInt } from 'node:crypto';
import type { Randomness } from '../../ports/randomness/port.ts';
import { identifierFromBytes } from '../../lib/identifier.ts';

const TWO_TO_32 = 2 ** 32;

/**
 * Chance that goes alike for one seed (an unsigned 32-bit integer): sfc32 by Chris Doty-Humphrey
 * (PractRand), whose four words come from splitmix32. Good enough for simulations and tests,
 * guessable by anyone who sees a few values.
 */
export function createSeededRandomness(seed: number): Randomness {
  const nextWord = sfc32(seed);
  const fraction = () => ((nextWord() >>> 5) * 2 ** 26 + (nextWord() >>> 6)) / 2 ** 53;
  const bytes = (length: number) => Uint8Array.from({ length }, () => nextWord() >>> 24);
  return {
    fraction,
    integer(below) {
      if (!Number.isSafeInteger(below) || below < 1) {
        throw new RangeError(`integer(below) needs a positive integer, not ${below}`);
      }
      return Math.floor(fraction() * below);
    },
    bytes,
    id: (length = 20) => identifierFromBytes(bytes(length)),
  };
}

/** The seed to replay, from `TURNOUT_SEED`; a fresh one where that is not set. */
export function seedFromEnvironment(): number {
  const text = process.env['TURNOUT_SEED'];
  if (text === undefined || text === '') return randomInt(TWO_TO_32);
  const seed = Number(text);
  if (!Number.isInteger(seed) || seed < 0 || seed >= TWO_TO_32) {
    throw new RangeError(`TURNOUT_SEED must be an integer from 0 to ${TWO_TO_32 - 1}, not ${text}`);
  }
  return seed;
}

function sfc32(seed: number): () => number {
  const seedWord = splitmix32(seed);
  let a = seedWord();
  let b = seedWord();
  let c = seedWord();
  let counter = 1;
  const next = () => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + result) | 0;
    return result >>> 0;
  };
  // The author's own number of rounds until a seed with few bits set no longer shows.
  for (let round = 0; round < 12; round += 1) next();
  return next;
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = state ^ (state >>> 16);
    word = Math.imul(word, 0x21f0aaad);
    word ^= word >>> 15;
    word = Math.imul(word, 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  };
}
