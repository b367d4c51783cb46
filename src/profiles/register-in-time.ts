import type { OwnRecord } from '../controller/keeper/process-records.ts';
import type { KeptKind } from '../contract/keys.ts';
import type { Clock } from '../ports/clock/port.ts';
import type { State } from '../ports/state/port.ts';
import { registerSelf } from './process-start.ts';
import type { ProcessStart } from './process-start.ts';

const againMs = 1_000;

/**
 * Registers a process that works whether or not state can be reached: it is tried until it
 * succeeds, and what the process says of itself in the meantime is dropped.
 */
export function registerInTime(
  kind: KeptKind,
  start: ProcessStart,
  state: State,
  clock: Clock,
): OwnRecord {
  const { log } = start;
  const registered = (async (): Promise<OwnRecord> => {
    for (;;) {
      try {
        return await registerSelf(kind, start, state);
      } catch (error) {
        log.warn('not registered, trying again', { reason: String(error) });
      }
      await clock.sleep(againMs);
    }
  })();
  return {
    async update(now) {
      try {
        await (await registered).update(now);
      } catch (error) {
        log.warn('not recorded', { state: now, reason: String(error) });
      }
    },
    remove: async () => (await registered).remove(),
  };
}
