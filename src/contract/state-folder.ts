import { join } from 'node:path';

/**
 * Where everything lies in a site's state folder (`.turnout/`, 0700): the one place that names
 * these files.
 *
 * Nothing in it is precious to a developer, and all of it is to a production site: databases under
 * `resources/`, writes that were acknowledged and not yet delivered under `writes/`.
 */
export interface StateFolder {
  readonly root: string;
  /**
   * `{ format, turnout, site }`: what tells our folder from a stranger's, and an old one from a
   * newer one.
   */
  readonly versionFile: string;
  readonly stateDatabase: string;
  readonly journalDatabase: string;
  readonly blobs: string;
  readonly releases: string;
  readonly instances: string;
  readonly resources: string;
  readonly workers: string;
  /** Secrets that nobody set and Turnout made, encrypted to the site's key. */
  readonly generatedSecrets: string;
  readonly generatedSecretsLock: string;
  readonly writes: string;
  /** What queued writes are sealed with, 0600; without it they cannot be read. */
  readonly writeKeys: string;
  readonly run: string;
  /** What the running keeper says of itself (`KeeperRecord`). */
  readonly keeperRecord: string;
  /** Held by the one keeper, and by nobody once it is dead. */
  readonly keeperLock: string;
  readonly controllerLock: string;
  readonly controllerSocket: string;
  /** The bearer token for changes over HTTP, 0600. */
  readonly token: string;
  /** What all workers seal the session tickets of TLS with, 0600; new again and again. */
  readonly sessionTickets: string;
  /** What links to previews of frontends are signed with, 0600; made with the first. */
  readonly previewKey: string;
  /** The site's flags for its services, in flagd's format. */
  readonly flagsFile: string;
  /** What `up` decided for the processes it starts (`SiteSettings`). */
  readonly settings: string;
  /** The last backup that was made (`BackupRecord`). */
  readonly backupRecord: string;
  /** Who keeps the site from coming up while it is copied at rest (`BackupHolder`). */
  readonly backupHolder: string;
  /** Held by the one backup that is being made of the site, wherever it goes. */
  readonly backupLock: string;
  /** The links as they were last known, for a start without state. */
  readonly linksLastGood: string;
  /** What the process of the links says of itself (`LinksStatus`). */
  readonly linksStatus: string;
  readonly logs: string;
  readonly instanceLogs: string;
}

/**
 * The layout's version: a folder with a higher one was written by a newer Turnout and is left
 * alone.
 */
export const STATE_FORMAT = 1;

export function stateFolder(root: string): StateFolder {
  const run = join(root, 'run');
  const logs = join(root, 'logs');
  return {
    root,
    versionFile: join(root, 'turnout.json'),
    stateDatabase: join(root, 'state.db'),
    journalDatabase: join(root, 'journal.db'),
    blobs: join(root, 'blobs'),
    releases: join(root, 'releases'),
    instances: join(root, 'instances'),
    resources: join(root, 'resources'),
    workers: join(root, 'workers'),
    generatedSecrets: join(root, 'secrets', 'generated.age'),
    generatedSecretsLock: join(root, 'secrets', 'generated.lock'),
    writes: join(root, 'writes'),
    writeKeys: join(root, 'secrets', 'write-keys.json'),
    run,
    keeperRecord: join(run, 'keeper.json'),
    keeperLock: join(run, 'keeper.lock'),
    controllerLock: join(run, 'controller.lock'),
    controllerSocket: join(run, 'controller.sock'),
    token: join(run, 'token'),
    sessionTickets: join(run, 'session-tickets.json'),
    previewKey: join(run, 'preview-key.json'),
    flagsFile: join(run, 'flags.json'),
    settings: join(run, 'settings.json'),
    backupRecord: join(root, 'backup.json'),
    backupHolder: join(run, 'backup.json'),
    backupLock: join(run, 'backup.lock'),
    linksLastGood: join(run, 'links-last-good.json'),
    linksStatus: join(run, 'links.json'),
    logs,
    instanceLogs: join(logs, 'instances'),
  };
}

/** The log of one of our own processes: `keeper`, `controller` or `worker-1`. */
export function processLog(folder: StateFolder, id: string): string {
  return join(folder.logs, `${id}.log`);
}

/** Copies of the pages of frontends that a worker serves when no store of blobs answers. */
export function workerCopies(folder: StateFolder, worker: string): string {
  return join(folder.workers, worker, 'frontends');
}

/** What a worker keeps so that it can start without a controller. */
export function workerLastGood(folder: StateFolder, worker: string): string {
  return join(folder.workers, worker, 'last-good');
}
