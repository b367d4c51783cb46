import { TurnoutError } from '../../lib/errors.ts';
import type { JournalQuery, NewJournalEntry } from './port.ts';

/** The largest entry: its texts and its data as JSON, in UTF-8. */
export const JOURNAL_ENTRY_LIMIT_BYTES = 256 * 1024;

const DEFAULT_RANGE_ENTRIES = 1_000;
const LARGEST_RANGE_ENTRIES = 10_000;

/** The entry's data as JSON text; refuses (`journal-entry-too-large`) an entry beyond the limit. */
export function journalDataText(entry: NewJournalEntry): string {
  const { kind, subject, who, why = '', data = null } = entry;
  const text = JSON.stringify(data);
  const bytes = Buffer.byteLength(kind + subject + who + why + text);
  if (bytes <= JOURNAL_ENTRY_LIMIT_BYTES) return text;
  throw new TurnoutError(
    'journal-entry-too-large',
    `The entry ${kind} about ${subject} has ${bytes} bytes; the journal keeps at most ${JOURNAL_ENTRY_LIMIT_BYTES}.`,
    'Put the bytes into the blobs and keep their digest in the journal.',
  );
}

/** How many entries a range returns at most: what was asked for within bounds. */
export function journalRangeLimit(query: JournalQuery): number {
  return Math.min(query.limit ?? DEFAULT_RANGE_ENTRIES, LARGEST_RANGE_ENTRIES);
}
