import type { ProgressRecord } from './progress-record.ts';
import type { QueueView } from './queue-view.ts';
import { placeOf } from './stored-entry.ts';

/**
 * All that the logs alone do not say, as a new progress file begins: which records are settled,
 * what was tried, claimed, delayed or buried, and what became of the writes settled last.
 */
export function* summariseQueue(view: QueueView): Iterable<ProgressRecord> {
  for (const [log, { settled, entries }] of view.logs) {
    yield { kind: 'summary-log', log, settled: settled.toJson() };
    for (const entry of entries.values()) {
      if (view.standIns.has(entry)) continue;
      const { attempts, origin, state } = entry;
      if (attempts > 0 || origin !== 'accepted' || state.kind !== 'waiting') {
        yield { kind: 'summary-entry', at: placeOf(entry), attempts, state };
      }
    }
  }
  for (const outcome of view.outcomes.all()) yield { kind: 'outcome', ...outcome };
}
