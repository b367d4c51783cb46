import type { KeptKind } from '../../contract/keys.ts';
import type { ProcessIdentity } from '../../lib/process-identity.ts';
import { isRunning, signalProcess } from '../../lib/process-identity.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { State } from '../../ports/state/port.ts';
import { forgetDeadProcesses, livingProcesses } from './process-records.ts';

/** A process that a keeper knows of, whether or not it has registered. */
export interface KeptIdentity {
  readonly kind: KeptKind;
  readonly identity: ProcessIdentity;
}

export interface TakeDownOptions {
  readonly state: State;
  /** What the keeper kept; empty when it is dead. */
  readonly kept: readonly KeptIdentity[];
  readonly clock: Clock;
  /** Says what is being done, for a person who waits. */
  readonly report: (text: string) => void;
  /** Stops instances and then resources; called once workers and controller are gone. */
  readonly stopTheRest: (immediately: AbortSignal) => Promise<void>;
  /** Aborted when the person has lost patience: then everything is killed. */
  readonly immediately: AbortSignal;
}

/** What a worker may take to finish its requests; a WebSocket that stays open is cut then. */
const workerDrainMs = 30_000;
const controllerStopMs = 5_000;
const pollMs = 20;

const linksStopMs = 2_000;

/**
 * Takes a site down in order, so that no request in flight is lost: workers stop accepting and
 * finish, the controller stops (or it would replace what is stopped next), instances drain,
 * resources stop, and then the links between them. Needs no living keeper or controller.
 */
export async function takeDown(options: TakeDownOptions): Promise<void> {
  const processes = await livingProcesses(options.state);
  const all = (kind: KeptIdentity['kind']): readonly ProcessIdentity[] => [
    ...processes.filter((record) => record.kind === kind),
    ...options.kept.filter((kept) => kept.kind === kind).map(({ identity }) => identity),
  ];
  const workers = all('worker');
  if (workers.some(isRunning)) {
    options.report('workers: finishing requests');
    await stopProcesses(workers, workerDrainMs, options);
  }
  const controllers = all('controller');
  if (controllers.some(isRunning)) {
    options.report('controller: stopping');
    await stopProcesses(controllers, controllerStopMs, options);
  }
  await options.stopTheRest(options.immediately);
  await stopProcesses(all('links'), linksStopMs, options);
  await forgetDeadProcesses(options.state);
  options.report('everything is stopped');
}

/**
 * SIGTERM, then SIGKILL to what is left after `graceMs` or as soon as `immediately` is aborted.
 * Resolves when all are gone.
 */
export async function stopProcesses(
  processes: readonly ProcessIdentity[],
  graceMs: number,
  options: { readonly clock: Clock; readonly immediately: AbortSignal },
): Promise<void> {
  const { clock, immediately } = options;
  const deadlineMs = clock.monotonicMs() + graceMs;
  for (const process of processes) signalProcess(process, 'SIGTERM');
  while (processes.some(isRunning)) {
    if (immediately.aborted || clock.monotonicMs() > deadlineMs) {
      for (const process of processes) signalProcess(process, 'SIGKILL');
    }
    await clock.sleep(pollMs);
  }
}
