import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { readSiteSettings } from '../contract/site-settings.ts';
import type { KeeperRecord, SiteSettings } from '../contract/site-settings.ts';
import { processLog } from '../contract/state-folder.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { claimStateFolder } from '../controller/keeper/claim-state-folder.ts';
import { compareVersions } from '../lib/compare-versions.ts';
import { TurnoutError } from '../lib/errors.ts';
import { readJsonFile } from '../lib/json-file.ts';
import { isRunning } from '../lib/process-identity.ts';
import { version } from '../lib/version.ts';
import type { KeeperRequest } from '../profiles/run-keeper.ts';
import { addExamples } from './add-examples.ts';
import { keeperRequest } from './keeper-request.ts';
import { loadSite } from './load-site.ts';
import { startProgressPrinter } from './progress-printer.ts';
import { addSiteArgument, addStateOption, existingStateFolder, withSite } from './site-options.ts';
import type { StateOptions } from './site-options.ts';
import { startDetachedKeeper } from './start-detached-keeper.ts';

export function registerUpgrade(program: Command): void {
  const command = addSiteArgument(program.command('upgrade'))
    .summary('have this Turnout take over a site that is up')
    .description(
      'The keeper of this Turnout takes over from the one that runs, in the background, and ' +
        'replaces workers and controller one by one without failing a request; instances and ' +
        'databases are not touched. If something new does not come up, what ran before serves on.',
    )
    .option('--force', 'also to the same version, or to an older one')
    .action(
      async (dir: string | undefined, options: StateOptions & { readonly force?: boolean }) => {
        await upgrade(existingStateFolder(withSite(dir, options)), options.force ?? false);
      },
    );
  addExamples(
    addStateOption(command),
    'npm install turnout@latest && npx turnout upgrade',
    '/opt/turnout-2/bin/turnout.js upgrade /srv/site',
  );
}

async function upgrade(folder: StateFolder, force: boolean): Promise<void> {
  const keeper = readJsonFile(folder.keeperRecord) as KeeperRecord | null;
  if (keeper === null || !isRunning(keeper)) throw notRunning();
  if (!force) refuseVersion(keeper.turnout);
  refuseUnderSystemd(keeper);
  const settings = readSiteSettings(folder.settings);
  if (settings === null) throw notRunning();
  // What this version refuses it must refuse now, while the other one still has the site.
  const request = await requestFrom(settings);
  const printer = startProgressPrinter(
    ['keeper', 'controller'].map((id) => processLog(folder, id)),
  );
  try {
    printer.say(`Turnout ${keeper.turnout} hands over to ${version}`);
    await startDetachedKeeper(folder, request, {
      replaceAll: force,
      handBackTo: keeper.program ?? null,
    });
    await claimStateFolder(folder.root, settings.site);
    printer.say(`${settings.site} is kept up by Turnout ${version} now, in the background`);
  } finally {
    printer.stop();
  }
}

/** What the site was asked to be, and what the version before knew nothing of by the manifests. */
async function requestFrom(settings: SiteSettings): Promise<KeeperRequest> {
  const { siteDirectory, site, environment, workers, watch, listenWritten } = settings;
  const options = { environment: environment ?? undefined, watch };
  const { loaded } = await loadSite({ site: siteDirectory, ...options });
  const byManifests = keeperRequest(siteDirectory, loaded.model, options);
  const as = (which: 'http' | 'https' | 'internal' | 'console') => {
    const listener = settings[which];
    return listener && { address: listener.address, port: listener.requestedPort };
  };
  return {
    ...byManifests,
    site,
    environment,
    workers,
    ...(listenWritten === undefined ? {} : { listenWritten }),
    http: as('http') ?? byManifests.http,
    https: as('https') ?? byManifests.https,
    internal: as('internal') ?? byManifests.internal,
    console: as('console') ?? byManifests.console,
  };
}

function refuseVersion(running: string): void {
  const order = compareVersions(version, running);
  if (order > 0) return;
  if (order === 0) {
    throw new TurnoutError(
      'upgrade-same-version',
      `This site is kept up by Turnout ${running} already.`,
      'Run the command of the Turnout that is to take over, or replace all with --force.',
    );
  }
  throw new TurnoutError(
    'upgrade-to-older',
    `This site is kept up by Turnout ${running}, and this one is ${version}.`,
    'An older Turnout may not read what a newer one wrote; go back to it with --force.',
  );
}

/** systemd starts again what it started; a keeper of anybody else's would be in its way. */
function refuseUnderSystemd(keeper: KeeperRecord): void {
  if (!startedBySystemd(keeper.pid)) return;
  throw new TurnoutError(
    'upgrade-under-systemd',
    `The keeper of this site (process ${keeper.pid}) was started by systemd.`,
    'Put this Turnout in the place of the other one, or run its `turnout install`; then kill the ' +
      'keeper alone, `systemctl kill --kill-whom=main --signal=KILL UNIT`: the next one adopts ' +
      'all that runs and replaces it one by one.',
  );
}

/** SYSTEMD_EXEC_PID names the process that systemd itself started (systemd.exec(5)). */
function startedBySystemd(pid: number): boolean {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return variables.includes(`SYSTEMD_EXEC_PID=${pid}`);
  } catch {
    return false;
  }
}

function notRunning(): TurnoutError {
  return new TurnoutError(
    'upgrade-not-running',
    'Nothing keeps this site up, so there is nothing to take over.',
    'Run `turnout up`: it adopts what runs, and replaces what another Turnout started.',
  );
}
