/** Four classes for each doubling: a percentile is right within a fifth. */
const PER_DOUBLING = 4;
/** From 1 ms to two minutes. */
export const LATENCY_CLASSES = 17 * PER_DOUBLING + 1;

export function latencyClass(ms: number): number {
  if (ms < 1) return 0;
  return Math.min(LATENCY_CLASSES - 1, 1 + Math.floor(Math.log2(ms) * PER_DOUBLING));
}

/** What a latency of that class is at most. */
export function latencyOfClass(index: number): number {
  return index === 0 ? 1 : Math.round(2 ** (index / PER_DOUBLING));
}

/** The latency that the share of all is not above (0.5 is the median); 0 where there is none. */
export function percentile(counts: readonly number[], share: number): number {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return 0;
  const wanted = Math.max(1, Math.ceil(all * share));
  let seen = 0;
  for (const [index, count] of counts.entries()) {
    seen += count;
    if (seen >= wanted) return latencyOfClass(index);
  }
  return latencyOfClass(counts.length - 1);
}

/** About: each counts as the most that its class has. */
export function meanLatency(counts: readonly number[]): number {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const sum = counts.reduce((total, count, index) => total + count * latencyOfClass(index), 0);
  return all === 0 ? 0 : Math.round(sum / all);
}
