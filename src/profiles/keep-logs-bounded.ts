import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StateFolder } from '../contract/state-folder.ts';
import { rotateLog } from '../lib/rotate-log.ts';
import type { Clock, Timer } from '../ports/clock/port.ts';

const everyMs = 10_000;

/**
 * Rotates the logs of keeper, controller and workers, which hold them open; those of instances the
 * supervisor rotates.
 */
export function keepLogsBounded({ logs }: StateFolder, clock: Clock): Timer {
  return clock.every(everyMs, () => {
    for (const name of readdirSync(logs)) if (name.endsWith('.log')) rotateLog(join(logs, name));
  });
}
