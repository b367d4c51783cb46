import type { Guard } from './guards.ts';

/** Microseconds of processor time that one of `calls` takes, one after the other. */
export async function costUs(guard: Pick<Guard, 'call'>, calls: number): Promise<number> {
  const before = process.cpuUsage();
  for (let n = 0; n < calls; n++) await guard.call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/**
 * Each of `takes` in turn, so that a slow moment of the machine meets all; the first rounds, in
 * which the code is compiled, are left out.
 */
export async function inRounds(
  rounds: number,
  takes: readonly (() => Promise<number> | number)[],
): Promise<readonly (readonly number[])[]> {
  const taken: number[][] = takes.map(() => []);
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const [at, take] of takes.entries()) {
      const value = await take();
      if (round >= 0) taken[at]?.push(value);
    }
  }
  return taken;
}

const WARM_UP = 3;
