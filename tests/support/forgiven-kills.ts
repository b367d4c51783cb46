import { setTimeout as sleep } from 'node:timers/promises';
import { stableMs } from '../../src/controller/supervisor/instance-transitions.ts';

/** As many as a supervisor replaces with hardly a pause. */
const IN_A_ROW = 3;

/**
 * To be awaited before each kill of an instance, counted from 0. Killed time after time before one
 * has proved itself, instances are taken for a crash loop, and replacements wait up to 30 s: so now
 * and then the last one is left alone for as long as it takes.
 */
export async function untilForgiven(kill: number): Promise<void> {
  if (kill > 0 && kill % IN_A_ROW === 0) await sleep(stableMs + 1_000);
}
