import { openSqliteJournal } from '../adapters/sqlite/journal.ts';
import type { StateFolder } from '../contract/state-folder.ts';

/** A journal that is locked or on a full disk keeps nobody from taking a site down. */
const PATIENCE_MS = 500;

/**
 * Notes in the journal who takes the site down, and why; no controller is needed. What went wrong
 * with that is returned, null for nothing.
 */
export async function noteDownAsked(
  folder: StateFolder,
  who: string,
  why: string | null,
): Promise<string | null> {
  try {
    const journal = await openSqliteJournal({ folder: folder.root, timeoutMs: PATIENCE_MS });
    try {
      const reason = why === null ? {} : { why };
      await journal.append({ kind: 'site.down-asked', subject: 'site', who, ...reason });
      return null;
    } finally {
      await journal.close();
    }
  } catch (error) {
    return String(error);
  }
}
