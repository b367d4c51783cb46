import { readdirSync, readFileSync } from 'node:fs';

/** The variable that tells what a run of the tests has started, however it was started. */
export const TEST_RUN_VARIABLE = 'TURNOUT_TEST_RUN';

export interface LeftProcess {
  readonly pid: number;
  /** Its command, or the title it gave itself. */
  readonly command: string;
}

/**
 * What still runs and was started by the run of that name: found by its environment, for a site of
 * Turnout is in sessions of its own and nobody's child any more (Linux). The asking process is not
 * among them.
 */
export function leftRunning(run: string): readonly LeftProcess[] {
  const mark = `${TEST_RUN_VARIABLE}=${run}`;
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => readOf(pid, 'environ').split('\0').includes(mark))
    .map((pid) => ({ pid, command: readOf(pid, 'cmdline').replaceAll('\0', ' ').trim() }));
}

/** Empty for one that has ended, or is somebody else's. */
function readOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
