import { openSqliteState } from '../adapters/sqlite/state.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { startLinks } from '../links/start-links.ts';
import { LateState } from './late-state.ts';
import { onStopSignal, readProcessStart } from './process-start.ts';
import { registerInTime } from './register-in-time.ts';

/**
 * How long connections may stay open through the process that is replaced; it holds up nobody. The
 * end of the site does not wait for it.
 */
const lingerMs = 3_600_000;

const start = readProcessStart();
const { folder, log } = start;

// Nothing here may keep the links from working as they last did.
const state = new LateState(() => openSqliteState({ folder: folder.root }));
const record = registerInTime('links', start, state, systemClock);
const links = startLinks({
  state,
  clock: systemClock,
  log,
  lastGoodFile: folder.linksLastGood,
  statusFile: folder.linksStatus,
});
void record.update('running');
log.info('linking', { links: links.statuses().length });

onStopSignal(log, async () => {
  await record.update('stopping');
  await links.close({ lingerMs });
  await record.remove();
});
