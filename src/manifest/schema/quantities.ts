import { formatDuration, parseDuration } from '../../lib/duration.ts';
import { formatPercentage, parsePercentage } from '../../lib/percentage.ts';
import { formatRate, parseRate } from '../../lib/rate.ts';
import { formatSize, parseSize } from '../../lib/size.ts';
import type { Notation, Parsed } from './schema.ts';

/** The quantities people write in a manifest; each is one number afterwards. */

/** Milliseconds. */
export function duration(minMs: number, maxMs: number): Notation<number> {
  const range = `from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
  return {
    name: 'duration',
    expected: `a duration ${range}, such as \`250ms\`, \`30s\`, \`1h30m\` or \`7d\``,
    examples: ['250ms', '30s', '5m', '1h30m', '7d'],
    pattern: String.raw`^(0|(\d+(\.\d+)?(ms|s|m|h|d))+)$`,
    parse: (text) => within(parseDuration(text), minMs, maxMs, formatDuration, unitless(text)),
    show: formatDuration,
    fallback: minMs,
  };
}

/** Bytes. */
export function size(minBytes: number, maxBytes: number): Notation<number> {
  return {
    name: 'size',
    expected: `a size from ${formatSize(minBytes)} to ${formatSize(maxBytes)}, such as \`64KiB\` or \`2MB\``,
    examples: ['512B', '64KiB', '2MB', '1GiB'],
    pattern: String.raw`^\d+(\.\d+)? ?(B|kB|MB|GB|KiB|MiB|GiB)$`,
    parse: (text) => within(parseSize(text), minBytes, maxBytes, formatSize, unitless(text)),
    show: formatSize,
    fallback: minBytes,
  };
}

/** Events per second. */
export const rate: Notation<number> = {
  name: 'rate',
  expected: 'a rate such as `10/s`, `600/m` or `100/h`',
  examples: ['10/s', '600/m', '100/h'],
  pattern: String.raw`^\d+(\.\d+)?/(s|m|h)$`,
  parse: (text) => {
    const value = parseRate(text);
    return value === null ? refused(unitless(text)) : { ok: true, value };
  },
  show: formatRate,
  fallback: 1,
};

/** A fraction of 1. */
export const percentage: Notation<number> = {
  name: 'percentage',
  expected: 'a percentage from 0% to 100%, such as `5%` or `99.95%`',
  examples: ['5%', '99.95%'],
  pattern: String.raw`^\d+(\.\d+)? ?%$`,
  parse: (text) => {
    const value = parsePercentage(text);
    if (value !== null) return { ok: true, value };
    return refused(/^[\d.]+$/.test(text) ? 'The percent sign is missing.' : null);
  },
  show: formatPercentage,
  fallback: 1,
};

function unitless(text: string): string | null {
  return /^[\d.]+$/.test(text) ? 'The unit is missing.' : null;
}

function within(
  value: number | null,
  min: number,
  max: number,
  show: (value: number) => string,
  why: string | null,
): Parsed<number> {
  if (value === null) return refused(why);
  if (value < min) return refused(`That is less than ${show(min)}.`);
  if (value > max) return refused(`That is more than ${show(max)}.`);
  return { ok: true, value };
}

function refused(why: string | null): { readonly ok: false; readonly why: string | null } {
  return { ok: false, why };
}
