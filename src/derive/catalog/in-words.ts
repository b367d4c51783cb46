const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/**
 * A duration in the largest unit that says it exactly: 86400000 is `1 day`, 1500 is `1.5
 * seconds`, 250 is `250 ms`.
 */
export function duration(ms: number): string {
  for (const [unit, unitMs] of units) {
    if (ms >= unitMs && ms % unitMs === 0) return plural(ms / unitMs, unit);
  }
  return ms > 1000 ? plural(ms / 1000, 'second') : `${ms} ms`;
}

/** How often something happens: `every 2 seconds`, `every minute`. */
export function every(ms: number): string {
  return `every ${duration(ms).replace(/^1 /, '')}`;
}

/** `1 instance`, `2 instances`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
