import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { percentilesOf } from '../../tests/support/percentiles.ts';
import { BODY_BYTES } from './contest.ts';

/** What one append and fdatasync of 1 KiB takes on this disk, alone; in milliseconds. */
export function syncTimes(folder: string): Readonly<Record<string, number>> {
  const fd = openSync(join(folder, 'alone'), 'a', 0o600);
  const body = new Uint8Array(BODY_BYTES);
  const times = Array.from({ length: 500 }, () => {
    writeSync(fd, body);
    const startedMs = performance.now();
    fdatasyncSync(fd);
    return performance.now() - startedMs;
  });
  closeSync(fd);
  return percentilesOf(times);
}
