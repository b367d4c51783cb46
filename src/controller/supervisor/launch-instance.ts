import { TurnoutError } from '../../lib/errors.ts';
import { findFreePort } from '../../lib/free-port.ts';
import { instanceEnvironment } from './instance-environment.ts';
import { describeExit } from './instance-transitions.ts';
import { instanceLog } from './instance-logs.ts';
import { buryInstance } from './instance-watch.ts';
import { instanceName } from './version.ts';
import type { RunningInstance } from '../../ports/driver/port.ts';
import type { Failure, ServiceEvent } from './service-state.ts';
import type { SupervisorOptions } from './supervisor-options.ts';
import type { Version } from './version.ts';

/** A `before` command that takes longer has hung: migrations that long are jobs. */
const beforeLimitMs = 600_000;

/**
 * Starts an instance of a version on a free port. Rejects with a TurnoutError that says what is
 * missing.
 */
export async function launchInstance(
  version: Version,
  id: string,
  logFile: string,
  options: SupervisorOptions,
): Promise<RunningInstance> {
  const { driver, randomness } = options;
  const taken = new Set((await driver.list()).map(({ address }) => Number(address.split(':')[1])));
  const port = await findFreePort(() => randomness.fraction(), taken);
  return driver.start({
    id,
    service: version.plan.service,
    release: version.release.digest,
    directory: version.release.directory,
    command: version.plan.command,
    environment: await instanceEnvironment(version, id, port, options),
    port,
    logFile,
  });
}

/**
 * Starts a command of a version beside its instances: in its release, with their environment, and
 * without a port. Rejects as `launchInstance` does.
 */
export async function startBeside(
  version: Version,
  id: string,
  command: readonly string[],
  options: SupervisorOptions,
): Promise<RunningInstance> {
  const { plan, release } = version;
  return options.driver.start({
    id,
    service: plan.service,
    release: release.digest,
    directory: release.directory,
    command,
    environment: await instanceEnvironment(version, id, 0, options),
    port: 0,
    logFile: instanceLog(options.logsFolder, plan.service, id),
    keepsExit: true,
  });
}

/**
 * Runs the `before` command of a version, in its release and with the environment of its instances,
 * and says how that ended. At least once: one whose end nobody saw is run again.
 */
export async function runBefore(
  version: Version,
  options: SupervisorOptions,
  signal: AbortSignal,
): Promise<ServiceEvent> {
  const { driver, clock, randomness } = options;
  const { plan, generation } = version;
  const command = plan.before;
  if (command === null) return { kind: 'prepared', generation };
  const id = instanceName(plan.service, 'before', generation, randomness.id(6));
  const failed = (reason: string, lastLines: readonly string[] = []): ServiceEvent => {
    const failure: Failure = { atEpochMs: clock.nowMs(), reason, lastLines };
    return { kind: 'prepare-failed', generation, failure };
  };
  try {
    await startBeside(version, id, command, options);
  } catch (error) {
    return failed(reasonWithRemedy(error));
  }
  const limit = clock.after(beforeLimitMs, () => void driver.stop(id, 0));
  const exit = await driver.waitForExit(id, signal).finally(() => limit.cancel());
  const lastLines = await buryInstance(driver, id);
  if (exit.code === 0) return { kind: 'prepared', generation };
  return failed(`\`${command.join(' ')}\` ${describeExit(exit)}`, lastLines);
}

/** Why a start failed and what to do about it, to be followed by a full stop. */
export function reasonWithRemedy(error: unknown): string {
  const { message } = error as Error;
  const text = error instanceof TurnoutError ? `${message} ${error.remedy}` : message;
  return text.replace(/\.$/, '');
}
