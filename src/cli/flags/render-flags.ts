import type { FlagStatus } from '../../contract/flag-status.ts';
import type { FlagValue } from '../../contract/flags.ts';
import { formatDuration } from '../../lib/duration.ts';
import { renderColumns } from '../tables/describe-entries.ts';
import { utcTime } from '../jobs/describe-run.ts';

const WIDEST = 32;

/** Columns: the value in force, what it goes back to, where it comes from, since when, by whom. */
export function renderFlags(flags: readonly FlagStatus[]): string {
  const rows = flags.map((flag) => [
    flag.name,
    cut(valueWords(flag)),
    cut(shown(flag.default)),
    fromWords(flag),
    flag.since === null ? '' : utcTime(flag.since),
    flag.expires === null ? '' : utcTime(flag.expires),
    flag.who ?? '',
    flag.why ?? '',
  ]);
  const heads = ['NAME', 'VALUE', 'DEFAULT', 'FROM', 'SINCE', 'UNTIL', 'BY', 'WHY'];
  return renderColumns(heads, rows);
}

/** All about one of them, a line each. */
export function renderFlag(flag: FlagStatus): string {
  const lines: readonly (readonly [string, string])[] = [
    ['value', valueWords(flag)],
    ['default', shown(flag.default)],
    ['from', fromWords(flag)],
    ['since', flag.since === null ? '' : utcTime(flag.since)],
    ['until', flag.expires === null ? '' : utcTime(flag.expires)],
    ['by', flag.who ?? ''],
    ['why', flag.why ?? ''],
    ['can be', choiceWords(flag)],
  ];
  const said = lines.filter(([, text]) => text !== '');
  return [flag.name, ...said.map(([head, text]) => `  ${head.padEnd(8)} ${text}`)].join('\n');
}

/** `shop.list is closed until 2026-11-03 08:00:00 UTC (2h); before: on`. */
export function changeWords(before: FlagStatus, after: FlagStatus, nowMs: number): string {
  const until =
    after.expires === null
      ? ''
      : ` until ${utcTime(after.expires)} (${leftWords(after.expires, nowMs)})`;
  const by = before.from === 'hand' ? `, set by ${before.who ?? 'somebody'}` : '';
  const why = before.from === 'hand' && before.why !== null ? `: ${before.why}` : '';
  return `${after.name} is ${valueWords(after)}${until}; before: ${valueWords(before)}${by}${why}`;
}

function leftWords(end: string, nowMs: number): string {
  const leftMs = Math.round((Date.parse(end) - nowMs) / 1_000) * 1_000;
  return formatDuration(Math.max(1_000, leftMs));
}

function valueWords(flag: FlagStatus): string {
  return `${shown(flag.value)}${flag.targeted ? ', others by a rule' : ''}`;
}

function fromWords({ from }: FlagStatus): string {
  return from === 'hand' ? 'set by hand' : from;
}

function choiceWords({ kind, choices }: FlagStatus): string {
  return [...choices, ...(kind === 'switch' ? ['"slow 200ms"'] : [])].join(', ');
}

/** Where there is none, the code that asks has its own. */
function shown(value: FlagValue | null): string {
  if (value === null) return 'as in the code';
  if (typeof value === 'object') return JSON.stringify(value);
  return value === true ? 'on' : value === false ? 'off' : String(value);
}

function cut(text: string): string {
  return text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text;
}
