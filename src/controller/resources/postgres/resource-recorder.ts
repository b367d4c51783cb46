import type { JsonValue } from '../../../lib/json.ts';
import type { Log } from '../../../lib/log.ts';
import type { Journal } from '../../../ports/journal/port.ts';

/** Writes what happens to a resource into the journal. */
export type RecordResource = (
  kind: string,
  why: string | null,
  data?: JsonValue,
  who?: string,
) => Promise<void>;

/** A journal that cannot be written stops nothing. */
export function createRecorder(name: string, journal: Journal, log: Log): RecordResource {
  return async (kind, why, data = null, who = 'controller') => {
    try {
      await journal.append({
        kind,
        subject: `postgres/${name}`,
        who,
        ...(why === null ? {} : { why }),
        ...(data === null ? {} : { data }),
      });
    } catch (error) {
      log.warn('journal entry lost', { kind, error: (error as Error).message });
    }
  };
}
