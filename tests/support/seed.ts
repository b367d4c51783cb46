import {
  createSeededRandomness,
  seedFromEnvironment,
} from '../../src/adapters/simulated/randomness.ts';
import type { Randomness } from '../../src/ports/randomness/port.ts';

/**
 * Chance for a test, with its seed printed: `TURNOUT_SEED=<seed> node --test <file>` replays what
 * failed.
 */
export function testSeed(name: string): { readonly seed: number; readonly randomness: Randomness } {
  const seed = seedFromEnvironment();
  process.stdout.write(`seed: ${seed} (${name})\n`);
  return { seed, randomness: createSeededRandomness(seed) };
}
