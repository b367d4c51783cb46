import type { ShedReport } from '../../contract/shed-reports.ts';
import type { Log } from '../../lib/log.ts';
import type { Clock, Timer } from '../../ports/clock/port.ts';
import type { Journal } from '../../ports/journal/port.ts';
import { sheddingFeatures } from './shed-reports.ts';

export interface SheddingJournalParts {
  readonly journal: Pick<Journal, 'append' | 'range'>;
  readonly clock: Clock;
  readonly log: Log;
  /** What the workers that run now told last. */
  reports(): Promise<readonly ShedReport[]>;
}

const EVERY_MS = 2_000;
const BEGAN = 'shedding.began';
const ENDED = 'shedding.ended';
/** Of the journal, looked through for what a controller before this one wrote. */
const MOST_ENTRIES = 1_000;

/**
 * Writes into the journal when the site began to turn away requests of a feature, and when it
 * ended: one entry each for all workers together, however many requests there were.
 */
export function journalShedding({ journal, clock, log, reports }: SheddingJournalParts): Timer {
  let known: Map<string, number> | null = null;
  let isBusy = false;
  const look = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    try {
      known ??= await openEpisodes(journal);
      const now = sheddingFeatures(await reports());
      for (const { feature, tier, shed, sinceMs, workers } of now.values()) {
        if (known.has(feature)) continue;
        const data = { tier, shed, sinceMs, workers };
        const why = 'there are more requests than can be answered';
        await journal.append({ kind: BEGAN, subject: feature, who: 'controller', why, data });
        known.set(feature, sinceMs);
      }
      for (const [feature, sinceMs] of known) {
        if (now.has(feature)) continue;
        const why = 'all requests were let in for ten seconds';
        const data = { lastedMs: Math.max(0, clock.nowMs() - sinceMs) };
        await journal.append({ kind: ENDED, subject: feature, who: 'controller', why, data });
        known.delete(feature);
      }
    } catch (error) {
      log.warn('Shedding was not journaled', { reason: String(error) });
    } finally {
      isBusy = false;
    }
  };
  return clock.every(EVERY_MS, () => void look());
}

/** Those that began and have not ended as far as the journal tells, and since when. */
async function openEpisodes(journal: Pick<Journal, 'range'>): Promise<Map<string, number>> {
  const entries = await journal.range({ kind: 'shedding', newest: true, limit: MOST_ENTRIES });
  const open = new Map<string, number>();
  for (const { kind, subject, atMs } of entries) {
    if (kind === BEGAN) open.set(subject, atMs);
    else open.delete(subject);
  }
  return open;
}
