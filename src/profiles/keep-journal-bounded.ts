import type { Log } from '../lib/log.ts';
import type { Clock, Timer } from '../ports/clock/port.ts';
import type { Journal, JournalRetention } from '../ports/journal/port.ts';

const everyMs = 3_600_000;

/** A month to look back, and no more than a disk has room for when a site misbehaves for long. */
const retention: JournalRetention = {
  keepMs: 30 * 24 * 3_600_000,
  keepEntries: 1_000_000,
  keepBytes: 256 * 1024 * 1024,
};

/** Removes, each hour, what is too old or too much of the journal. */
export function keepJournalBounded(journal: Journal, clock: Clock, log: Log): Timer {
  return clock.every(everyMs, () => {
    journal.trim(retention).then(
      (report) => log.info('journal trimmed', { ...report }),
      (error: unknown) => log.warn('journal not trimmed', { reason: String(error) }),
    );
  });
}
