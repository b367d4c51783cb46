import { openSync } from 'node:fs';
import { join } from 'node:path';
import { takeOwnerLock } from '../adapters/sqlite/owner-lock.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemRandomness } from '../adapters/system/randomness.ts';
import { listenerUrl, readSiteSettings } from '../contract/site-settings.ts';
import type { BackupHolder } from '../contract/backup-record.ts';
import type { KeeperRecord, ListenerSettings, SiteSettings } from '../contract/site-settings.ts';
import { processLog } from '../contract/state-folder.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { startKeeper } from '../controller/keeper/keeper.ts';
import type { Keeper, Replacement } from '../controller/keeper/keeper.ts';
import { livingProcesses, registerProcess } from '../controller/keeper/process-records.ts';
import { resolveListener } from '../controller/keeper/resolve-listener.ts';
import { takeDown } from '../controller/keeper/take-down.ts';
import { writeFileAtomically } from '../lib/atomic-file.ts';
import { TurnoutError } from '../lib/errors.ts';
import { readJsonFile } from '../lib/json-file.ts';
import { createLog } from '../lib/log.ts';
import type { Log } from '../lib/log.ts';
import { inodeOf } from '../lib/inode.ts';
import { isRunning, ownProcessIdentity, signalProcess } from '../lib/process-identity.ts';
import { version } from '../lib/version.ts';
import { openSitePorts } from './embedded.ts';
import type { SitePorts } from './embedded.ts';
import { processProgram } from './process-program.ts';
import { takeOverLock } from './take-over-lock.ts';
import type { TakeOver } from './take-over-lock.ts';
import { stopTheRest } from './stop-the-rest.ts';

const lookForSuccessorMs = 500;

/** What is to be kept up: the settings before the ports are found. */
export type KeeperRequest = Omit<SiteSettings, ListenerName | 'https'> & {
  readonly [name in ListenerName]: Place;
} & { readonly https: Place | null };

type ListenerName = 'http' | 'internal' | 'console';
type Place = { readonly address: string; readonly port: number };

export interface RunningKeeper {
  readonly settings: SiteSettings;
  /** How many processes of an earlier keeper were running and have been adopted. */
  readonly adopted: number;
  /** What became of the processes that an older Turnout or other settings had started. */
  readonly outdatedReplaced: Promise<Replacement>;
  replaceWorkers(): Promise<void>;
  /** Keeps nothing any more and touches no process, so that another keeper can take over. */
  letGo(): Promise<void>;
  /** Takes the site down, saying each step to `report`; `immediately` cuts all waiting short. */
  takeDown(report: (text: string) => void, immediately: AbortSignal): Promise<void>;
}

/**
 * Becomes the keeper of a site: finds the ports, adopts what runs, starts the rest. The caller's
 * process is the keeper from then on. Rejects, with nothing started, with TurnoutError
 * `already-running`, `port-in-use` or `address-unusable`. With `takeOver` a keeper that runs gives
 * way first.
 */
export async function runKeeper(
  folder: StateFolder,
  request: KeeperRequest,
  takeOver: TakeOver | null = null,
): Promise<RunningKeeper> {
  const lock =
    takeOver === null ? takeOwnerLock(folder.keeperLock) : await takeOverLock(folder, systemClock);
  if (lock === null) throw alreadyRunning(folder);
  const log = createLog(openSync(processLog(folder, 'keeper'), 'a', 0o600), 'keeper');
  const ports = await openSitePorts(folder);
  const { state, journal, clock } = ports;
  const living = await livingProcesses(state);
  const settings = await settle(folder, request, (kind) =>
    living.some((record) => record.kind === kind),
  );
  await writeKeeperRecord(folder);
  const own = await registerProcess(state, {
    kind: 'keeper',
    id: 'keeper',
    restarts: 0,
    settings: '',
  });
  const keeper = await startKeeper({
    folder,
    settings,
    programs: {
      controller: processProgram('controller-process'),
      worker: processProgram('worker-process'),
      links: processProgram('links-process'),
    },
    ...ports,
    log,
    replaceAll: takeOver?.replaceAll ?? false,
  });
  await own.update('running');
  const stateFile = join(folder.root, 'state.db');
  const stateInode = inodeOf(stateFile);
  const watch = clock.every(lookForSuccessorMs, () => {
    if (lock.isReplaced()) yieldToSuccessor(keeper, inodeOf(stateFile) !== stateInode, log);
  });
  log.info('keeping', { site: settings.site, http: settings.http.port, workers: settings.workers });
  return {
    settings,
    adopted: living.filter((record) => record.kind !== 'keeper').length,
    outdatedReplaced: keeper.outdatedReplaced,
    replaceWorkers: () => keeper.replaceWorkers(),
    letGo: async () => {
      watch.cancel();
      keeper.stop();
      await attempt(log, () => own.remove());
      await Promise.all([state.close(), journal.close()]);
      lock.release();
    },
    takeDown: async (report, immediately) => {
      watch.cancel();
      await attempt(log, () => own.update('stopping'));
      await takeSiteDown({ folder, keeper, ports, log, report, immediately });
      await attempt(log, () => own.remove());
      await Promise.all([state.close(), journal.close()]);
      lock.release();
    },
  };
}

/**
 * Ends this keeper: another one has taken over (`turnout upgrade`), or the state folder was removed
 * under it, and a site was brought up anew in its place. Two keepers would stop each other's
 * processes as strays for ever. The new one adopts what it finds in the state; where that is new
 * too, ours would be nobody's, and go.
 */
function yieldToSuccessor(keeper: Keeper, isStateNew: boolean, log: Log): never {
  const kept = keeper.stop();
  if (isStateNew) for (const { identity } of kept) signalProcess(identity, 'SIGTERM');
  if (!isStateNew) {
    log.progress('another keeper has taken over');
    process.exit(0);
  }
  const reason = 'the state folder was removed and another keeper has taken its place';
  log.error('keeping no more', { reason });
  process.stderr.write(`turnout: keeping no more: ${reason}\n`);
  process.exit(70);
}

/**
 * Takes down a site whose keeper is dead, from the process of whoever asks. Rejects with
 * `already-running` when it is not.
 */
export async function takeDownWithoutKeeper(
  folder: StateFolder,
  report: (text: string) => void,
  immediately: AbortSignal,
): Promise<void> {
  const lock = takeOwnerLock(folder.keeperLock);
  if (lock === null) throw alreadyRunning(folder);
  const log = createLog(openSync(processLog(folder, 'keeper'), 'a', 0o600), 'keeper');
  const ports = await openSitePorts(folder);
  await takeSiteDown({ folder, keeper: null, ports, log, report, immediately });
  await Promise.all([ports.state.close(), ports.journal.close()]);
  lock.release();
}

interface SiteToTakeDown {
  readonly folder: StateFolder;
  readonly keeper: Keeper | null;
  readonly ports: SitePorts;
  readonly log: Log;
  readonly report: (text: string) => void;
  readonly immediately: AbortSignal;
}

async function takeSiteDown(site: SiteToTakeDown): Promise<void> {
  const { folder, keeper, ports, log, immediately } = site;
  const { state, journal, clock } = ports;
  const report = (text: string): void => {
    log.progress(text);
    site.report(text);
  };
  const kept = keeper?.stop() ?? [];
  const note = (kind: string): Promise<void> =>
    attempt(log, () => journal.append({ kind, subject: 'site', who: 'keeper' }));
  await note('site.stopping');
  await takeDown({
    state,
    kept,
    clock,
    report,
    immediately,
    stopTheRest: (signal) => stopTheRest({ folder, ports, log, report, immediately: signal }),
  });
  await note('site.stopped');
}

/** Does what is good to have done; a full disk must not keep a site from being stopped. */
async function attempt(log: Log, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.warn('not recorded', { reason: String(error) });
  }
}

/** Finds the ports and writes down what holds from now on. */
async function settle(
  folder: StateFolder,
  request: KeeperRequest,
  runs: (kind: 'controller' | 'worker') => boolean,
): Promise<SiteSettings> {
  const previous = readSiteSettings(folder.settings);
  const find = (
    which: ListenerName | 'https',
    place: Place,
    what: string,
    variable: string,
  ): Promise<ListenerSettings> =>
    resolveListener(
      {
        what,
        remedy: `set ${variable}, or \`listen: { ${which}: … }\` in site.yaml`,
        ...place,
        previous: previous?.[which] ?? undefined,
        held: runs(which === 'console' ? 'controller' : 'worker'),
      },
      systemRandomness,
    );
  const settings: SiteSettings = {
    ...request,
    http: await find('http', request.http, 'the site', 'PORT'),
    https: request.https && (await find('https', request.https, 'the site', 'HTTPS_PORT')),
    internal: await find('internal', request.internal, 'needs within the site', 'INTERNAL_PORT'),
    console: await find('console', request.console, 'the console', 'CONSOLE_PORT'),
  };
  await writeFileAtomically(folder.settings, `${JSON.stringify(settings, null, 2)}\n`);
  return settings;
}

async function writeKeeperRecord(folder: StateFolder): Promise<void> {
  const record: KeeperRecord = {
    ...ownProcessIdentity(),
    turnout: version,
    startedAt: new Date().toISOString(),
    program: processProgram('keeper-process'),
  };
  await writeFileAtomically(folder.keeperRecord, `${JSON.stringify(record)}\n`);
}

function alreadyRunning(folder: StateFolder): TurnoutError {
  const holder = readJsonFile(folder.backupHolder) as BackupHolder | null;
  if (holder !== null && isRunning(holder)) {
    return new TurnoutError(
      'backup-holds-site',
      `This site is down and is being copied by process ${holder.pid}.`,
      'Wait until that is done; a site that is up is copied while it runs.',
    );
  }
  const record = readJsonFile(folder.keeperRecord) as KeeperRecord | null;
  const settings = readSiteSettings(folder.settings);
  const by = record === null ? '' : ` by process ${record.pid}`;
  const at =
    settings === null
      ? ''
      : `: site ${listenerUrl(settings.http)}, console ${listenerUrl(settings.console)}`;
  return new TurnoutError(
    'already-running',
    `This site is already kept up${by}${at}.`,
    'See `turnout status`; stop it with `turnout down`; or give another folder with --state.',
  );
}
