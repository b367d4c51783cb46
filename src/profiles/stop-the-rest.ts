import { createEnvironmentSecrets } from '../adapters/environment/secrets.ts';
import { isJobRun } from '../controller/jobs/job-run-name.ts';
import { createSupervisor } from '../controller/supervisor/supervisor.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import type { Log } from '../lib/log.ts';
import { openDriver } from './embedded.ts';
import type { SitePorts } from './embedded.ts';
import { forgivingState } from './forgiving-state.ts';
import { stopAllResources } from './site-resources.ts';

const jobGraceMs = 10_000;

export interface StopTheRestOptions {
  readonly folder: StateFolder;
  readonly ports: SitePorts;
  readonly log: Log;
  readonly report: (text: string) => void;
  readonly immediately: AbortSignal;
}

/**
 * Stops jobs, drains and stops every instance, then stops every resource, in a process that is not
 * the controller; workers and controller must be gone. What is stopped needs no manifests:
 * instances are known to the driver, resources by their folders.
 */
export async function stopTheRest(options: StopTheRestOptions): Promise<void> {
  const { folder, ports, log, report, immediately } = options;
  const driver = openDriver(folder);
  const living = (await driver.list()).filter(({ alive }) => alive);
  const killAll = (): void => {
    for (const { id } of living) void driver.stop(id, 0).catch(() => undefined);
  };
  if (immediately.aborted) killAll();
  else immediately.addEventListener('abort', killAll, { once: true });
  // Jobs first: nobody waits for their answers, and they may need what instances need.
  const runs = living.filter(({ id, service }) => isJobRun(service, id));
  await Promise.all(runs.map(({ id }) => driver.stop(id, jobGraceMs)));
  if (living.length > 0) report(`stopping ${living.length} instances`);
  const supervisor = await createSupervisor({
    ...ports,
    state: forgivingState(ports.state, log),
    site: '',
    driver,
    secrets: createEnvironmentSecrets(),
    // Nothing is started any more, so nobody asks.
    resolveNeed: () => Promise.reject(new Error('the site is going down')),
    flagsFile: folder.flagsFile,
    logsFolder: folder.instanceLogs,
    log,
  });
  await supervisor.stopAll();
  await stopAllResources(folder, ports, log, report);
}
