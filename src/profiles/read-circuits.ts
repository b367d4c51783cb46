import type { StateFolder } from '../contract/state-folder.ts';
import { readCircuits, type SiteCircuitsStatus } from '../controller/circuits/site-circuits.ts';
import { openSitePorts } from './embedded.ts';

/** How the circuits of a site stand, for who has no state open. */
export async function readSiteCircuits(folder: StateFolder): Promise<SiteCircuitsStatus> {
  const ports = await openSitePorts(folder);
  try {
    return await readCircuits(ports.state);
  } finally {
    await Promise.all([ports.state.close(), ports.journal.close()]);
  }
}
