import type { ShownEntry, TableChangeResult } from '../../controller/tables/table-changes.ts';
import { formatDuration, parseDuration } from '../../lib/duration.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { utcTime } from '../jobs/describe-run.ts';

/** Rows under their heads, each column as wide as its longest; the last ends the line. */
export function renderColumns(heads: readonly string[], rows: readonly string[][]): string {
  const widths = heads.map((head, i) =>
    rows.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), head.length),
  );
  return [heads, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Columns: what, since, until, by, why; with a value where a table has some. */
export function renderEntries(what: string, entries: readonly ShownEntry[]): string {
  const hasValues = entries.some(({ value }) => value !== null);
  const rows = entries.map((entry) => [
    entry.key,
    ...(hasValues ? [entry.value ?? ''] : []),
    entry.since === null ? entry.from : utcTime(entry.since),
    entry.isRemoved ? 'taken out' : entry.expires === null ? 'for good' : utcTime(entry.expires),
    entry.author ?? '',
    entry.why ?? '',
  ]);
  const heads = [what, ...(hasValues ? ['VALUE'] : []), 'SINCE', 'UNTIL', 'BY', 'WHY'];
  return renderColumns(heads, rows);
}

/** ` until 2026-11-04 06:00:00 UTC (2h)`; empty for one without an end. */
export function untilWords({ expires }: ShownEntry, nowMs: number): string {
  if (expires === null) return '';
  const leftMs = Math.round((Date.parse(expires) - nowMs) / 1_000) * 1_000;
  return ` until ${utcTime(expires)} (${formatDuration(Math.max(1_000, leftMs))})`;
}

/** What somebody else's entry said before it was changed, so that nobody overwrites it unseen. */
export function beforeWords({ before, outcome }: TableChangeResult): string {
  if (before === null || outcome === 'unchanged') return '';
  const value = before.value === null ? '' : ` ${JSON.stringify(before.value)}`;
  const by = before.author === null ? ` (from ${before.from})` : ` (by ${before.author})`;
  const why = before.why === null ? '' : `: ${before.why}`;
  const until = before.expires === null ? '' : ` until ${utcTime(before.expires)}`;
  return `; before:${value}${until}${by}${why}`;
}

/** When what begins now ends; null where nothing was said. Throws TurnoutError `option-invalid`. */
export function readEnd(text: string | undefined, nowMs: number): number | null {
  if (text === undefined) return null;
  const forMs = parseDuration(text);
  if (forMs !== null && forMs > 0) return nowMs + forMs;
  throw new TurnoutError(
    'option-invalid',
    `--for ${JSON.stringify(text)} is no duration.`,
    'Write one such as --for 30m, 2h or 7d; without it there is no end.',
  );
}
