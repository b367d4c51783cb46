import type { StateFolder } from '../contract/state-folder.ts';
import { type LiveTableEntry, TABLES_PREFIX } from '../contract/tables.ts';
import { openSitePorts } from './embedded.ts';

/** What was changed in the tables of a site since it runs; some of it may have expired. */
export async function readLiveTables(folder: StateFolder): Promise<readonly LiveTableEntry[]> {
  const ports = await openSitePorts(folder);
  try {
    const entries = await ports.state.list(TABLES_PREFIX);
    return entries.map(({ value }) => value as LiveTableEntry);
  } finally {
    await Promise.all([ports.state.close(), ports.journal.close()]);
  }
}
