const firstMs = 200;
const limitMs = 30_000;

/**
 * How long to wait before the start after `failures` failed ones in a row: nothing after the first,
 * then doubling from 200 ms to 30 s, each time a random part between half and all of it, so that
 * services do not start in step.
 */
export function backoffMs(failures: number, fraction: number): number {
  if (failures <= 1) return 0;
  const fullMs = Math.min(limitMs, firstMs * 2 ** (failures - 2));
  return Math.round(fullMs * (0.5 + fraction / 2));
}
