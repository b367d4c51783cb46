import type { Command } from 'commander';
import { processLog } from '../contract/state-folder.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { claimStateFolder } from '../controller/keeper/claim-state-folder.ts';
import { onKeeperSignals } from '../profiles/keeper-signals.ts';
import { runKeeper } from '../profiles/run-keeper.ts';
import type { KeeperRequest } from '../profiles/run-keeper.ts';
import { addExamples } from './add-examples.ts';
import { findingsAtStart } from './doctor/machine-checks.ts';
import { readMachineFacts } from './doctor/machine-facts.ts';
import { keeperRequest } from './keeper-request.ts';
import { loadSite } from './load-site.ts';
import { startProgressPrinter } from './progress-printer.ts';
import type { ProgressPrinter } from './progress-printer.ts';
import {
  addEnvironmentOption,
  addSiteArgument,
  addStateOption,
  stateRoot,
  withSite,
} from './site-options.ts';
import type { EnvironmentOptions, StateOptions } from './site-options.ts';
import { startDetachedKeeper } from './start-detached-keeper.ts';
import { takeSystemdSocket } from './tell-systemd.ts';
import type { TellSystemd } from './tell-systemd.ts';
import { waitUntilUp } from './wait-until-up.ts';

interface UpOptions extends EnvironmentOptions, StateOptions {
  readonly detach?: boolean;
  readonly watch?: boolean;
}

export function registerUp(program: Command): void {
  const command = addSiteArgument(program.command('up'))
    .summary('build, start and keep up the site')
    .description(
      'Stands up resources, builds and starts services, publishes frontends, serves all of it, ' +
        'and keeps it up. In the foreground Ctrl-C takes the site down in order. Run again ' +
        'after a crash, it adopts what still runs.',
    )
    .option('--detach', 'keep it up in the background, and return once it is up')
    .option('--watch', 'build and roll in every change of the sources')
    .addHelpText(
      'after',
      '\nPORT, HTTPS_PORT, INTERNAL_PORT and CONSOLE_PORT in the environment replace the ports ' +
        'in site.yaml; 0 takes any.',
    )
    .action(async (dir: string | undefined, options: UpOptions) => {
      const { directory, loaded } = await loadSite(withSite(dir, options));
      const request = keeperRequest(directory, loaded.model, options);
      const root = stateRoot({ ...options, site: directory });
      const folder = await claimStateFolder(root, loaded.model.site.name);
      const logs = ['keeper', 'controller'].map((id) => processLog(folder, id));
      const printer = startProgressPrinter(logs);
      for (const line of findingsAtStart(readMachineFacts(root))) printer.say(line);
      const tellSystemd = takeSystemdSocket();
      if (options.detach) await upInBackground(folder, request, printer);
      else await upInForeground(folder, request, printer, tellSystemd);
    });
  addExamples(
    addStateOption(addEnvironmentOption(command)),
    'turnout up',
    'turnout up examples/campaign --watch',
    'PORT=9000 turnout up --detach && turnout status',
  );
}

async function upInForeground(
  folder: StateFolder,
  request: KeeperRequest,
  printer: ProgressPrinter,
  tellSystemd: TellSystemd,
): Promise<void> {
  const keeper = await runKeeper(folder, request);
  // The last lines of a site that goes down are written just before this process ends.
  process.once('exit', () => printer.stop());
  // What the keeper says comes from its log, like what everyone else says.
  onKeeperSignals(keeper, () => undefined);
  if (keeper.adopted > 0) printer.say(`adopted ${keeper.adopted} processes that were running`);
  const failed = await waitUntilUp(folder, printer);
  tellSystemd(failed.length === 0 ? 'the site is up' : `up without ${failed.join(', ')}`);
}

async function upInBackground(
  folder: StateFolder,
  request: KeeperRequest,
  printer: ProgressPrinter,
): Promise<void> {
  await startDetachedKeeper(folder, request);
  const failed = await waitUntilUp(folder, printer);
  printer.stop();
  if (failed.length > 0) process.exitCode = 1;
}
