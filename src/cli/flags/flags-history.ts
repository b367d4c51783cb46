import type { JsonValue } from '../../lib/json.ts';
import type { Journal, JournalEntry } from '../../ports/journal/port.ts';
import { utcTime } from '../jobs/describe-run.ts';

/** The most that the journal gives at once. */
const MOST_ENTRIES = 10_000;

/** What happened to the flags, or to one of them; the newest last. */
export async function flagsHistory(
  journal: Journal,
  name: string | null,
  limit: number,
): Promise<readonly JournalEntry[]> {
  const entries = await journal.range({ kind: 'flags', newest: true, limit: MOST_ENTRIES });
  return entries.filter((entry) => name === null || isAbout(entry, name)).slice(-limit);
}

export function renderHistory(entries: readonly JournalEntry[], name: string | null): string {
  return entries.flatMap((entry) => linesOf(entry, name)).join('\n');
}

function isAbout({ subject, data }: JournalEntry, name: string): boolean {
  return subject === name || changesOf(data).some((change) => change.name === name);
}

type Change = { readonly name: string; readonly before?: JsonValue; readonly after?: JsonValue };

function changesOf(data: JsonValue): readonly Change[] {
  const { changes } = (data ?? {}) as { readonly changes?: readonly Change[] };
  return changes ?? [];
}

function linesOf(
  { atMs, kind, subject, who, why, data }: JournalEntry,
  name: string | null,
): string[] {
  const at = utcTime(new Date(atMs).toISOString());
  const reason = why === null ? '' : `: ${why.split('\n')[0] ?? ''}`;
  const { value, line } = (data ?? {}) as { readonly value?: JsonValue; readonly line?: number };
  switch (kind) {
    case 'flags.set':
      return [`${at}  ${subject} set to ${inWords(value)} by ${who}${reason}`];
    case 'flags.unset':
      return [`${at}  ${subject} taken back (it was ${inWords(value)}) by ${who}${reason}`];
    case 'flags.ended':
      return [`${at}  ${subject} ended (it was ${inWords(value)})`];
    case 'flags.refused':
      return [`${at}  refused, from ${who}${line === 0 ? '' : `, line ${line}`}${reason}`];
    default:
      return changesOf(data)
        .filter((change) => name === null || change.name === name)
        .map(({ name: flag, before, after }) => {
          return `${at}  ${flag}: ${valueIn(before)} became ${valueIn(after)}, by ${who}${reason}`;
        });
  }
}

function valueIn(side: JsonValue | undefined): string {
  if (side === null) return 'nothing';
  const { variant, value, targeted } = (side ?? {}) as Readonly<Record<string, JsonValue>>;
  return `${inWords(value ?? variant)}${targeted === true ? ' with a rule' : ''}`;
}

function inWords(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return 'something long';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
