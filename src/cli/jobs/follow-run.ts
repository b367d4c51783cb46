import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobHistory, JobRunStatus } from '../../contract/job-status.ts';
import type { StateFolder } from '../../contract/state-folder.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { askController } from '../ask-controller.ts';
import { FileTail } from '../logs/file-tail.ts';

const pollMs = 150;
/** The keeper starts a dead controller again within moments. */
const withoutControllerMs = 60_000;

/**
 * Passes on to `written` what a run writes until it has ended, and returns how that went. A
 * controller that is replaced meanwhile makes no difference.
 */
export async function followRun(
  folder: StateFolder,
  name: string,
  run: string,
  written: NodeJS.WritableStream,
): Promise<JobRunStatus> {
  const service = name.split('.')[0] ?? '';
  const tail = new FileTail(join(folder.instanceLogs, service, `${run}.log`), 0);
  let lastSeenMs = performance.now();
  for (;;) {
    const history = await readHistory(folder, name);
    if (history !== null) lastSeenMs = performance.now();
    for (const line of tail.read()) written.write(`${line}\n`);
    const ended = history?.runs.find((one) => one.run === run);
    if (ended !== undefined) return ended;
    if (performance.now() - lastSeenMs > withoutControllerMs) {
      throw new TurnoutError(
        'controller-unreachable',
        `The controller has not answered for ${withoutControllerMs / 1_000} s; ${run} may still run.`,
        'Run `turnout up`, then `turnout job history` says how it ended.',
      );
    }
    await sleep(pollMs);
  }
}

async function readHistory(folder: StateFolder, name: string): Promise<JobHistory | null> {
  try {
    return (await askController(folder, 'GET', `/api/jobs/${name}`)) as JobHistory;
  } catch (error) {
    if (error instanceof TurnoutError && error.code === 'controller-unreachable') return null;
    throw error;
  }
}
