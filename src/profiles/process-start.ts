import type { KeptKind } from '../contract/keys.ts';
import { readSiteSettings, settingsMark } from '../contract/site-settings.ts';
import type { SiteSettings } from '../contract/site-settings.ts';
import { stateFolder } from '../contract/state-folder.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { registerProcess } from '../controller/keeper/process-records.ts';
import type { OwnRecord } from '../controller/keeper/process-records.ts';
import { createLog } from '../lib/log.ts';
import type { Log } from '../lib/log.ts';
import type { State } from '../ports/state/port.ts';

/**
 * What a controller or worker is started with: by the keeper, on its command line and in the state
 * folder.
 */
export interface ProcessStart {
  readonly folder: StateFolder;
  readonly id: string;
  readonly restarts: number;
  readonly settings: SiteSettings;
  /** Writes to standard output, which is this process's log file. */
  readonly log: Log;
}

/** Reads the command line `FOLDER ID RESTARTS` that the keeper gave this process. */
export function readProcessStart(): ProcessStart {
  const [root = '', id = '', restarts = '0'] = process.argv.slice(2);
  const folder = stateFolder(root);
  const settings = readSiteSettings(folder.settings);
  if (settings === null)
    throw new Error(`${folder.settings} is missing: only the keeper starts this`);
  process.title = `turnout ${id} (${settings.site})`;
  const log = createLog(process.stdout.fd, id);
  dieWithReason(log);
  return { folder, id, restarts: Number(restarts), settings, log };
}

export function registerSelf(
  kind: KeptKind,
  { id, restarts, settings }: ProcessStart,
  state: State,
): Promise<OwnRecord> {
  return registerProcess(state, { kind, id, restarts, settings: settingsMark(kind, settings) });
}

/** Runs `stop` once, on the first SIGTERM or SIGINT, and ends the process when it is done. */
export function onStopSignal(log: Log, stop: () => Promise<void>): void {
  let stopping = false;
  const begin = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    log.info('stopping', { signal });
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error('stopping failed', { reason: String(error) });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', begin);
  process.on('SIGINT', begin);
  // A terminal that closes is no reason to stop serving: only the keeper decides that.
  process.on('SIGHUP', () => log.info('hangup ignored'));
}

/**
 * A defect ends the process, for its state can no longer be trusted; the keeper starts a new one.
 */
function dieWithReason(log: Log): void {
  const die = (what: string) => (error: unknown) => {
    log.error(what, { reason: error instanceof Error ? (error.stack ?? '') : String(error) });
    process.exit(70);
  };
  process.on('uncaughtException', die('uncaught exception'));
  process.on('unhandledRejection', die('unhandled rejection'));
}
