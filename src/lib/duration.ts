const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Longest duration that makes sense in a manifest; also keeps every sum far from what a double
 * cannot hold.
 */
const longestMs = 3660 * 86_400_000;
const whole = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/**
 * Reads `250ms`, `3s`, `1.5h` or `1h30m` as milliseconds; null for anything else, also beyond ten
 * years.
 */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  if (text.length > 40 || !whole.test(text)) return null;
  let sumMs = 0;
  for (const [, amount, unit] of text.matchAll(part)) {
    sumMs += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  }
  const roundedMs = Math.round(sumMs);
  return roundedMs > longestMs ? null : roundedMs;
}

/**
 * Writes milliseconds in the largest units that say them exactly: 90000 is `1m30s`, 172800000 is
 * `2d`.
 */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  let restMs = Math.round(durationMs);
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const sizeMs = unitMs[unit] ?? 1;
    const count = Math.floor(restMs / sizeMs);
    if (count > 0) text += `${count}${unit}`;
    restMs -= count * sizeMs;
  }
  return text;
}
