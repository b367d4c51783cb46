import type { Command } from 'commander';
import type { KeeperRecord } from '../contract/site-settings.ts';
import { processLog } from '../contract/state-folder.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { readJsonFile } from '../lib/json-file.ts';
import { isRunning, signalProcess } from '../lib/process-identity.ts';
import { noteDownAsked } from '../profiles/note-down-asked.ts';
import { takeDownWithoutKeeper } from '../profiles/run-keeper.ts';
import { addExamples } from './add-examples.ts';
import { person, reasonOf } from './person.ts';
import { startProgressPrinter } from './progress-printer.ts';
import type { ProgressPrinter } from './progress-printer.ts';
import { addSiteArgument, addStateOption, existingStateFolder, withSite } from './site-options.ts';
import type { StateOptions } from './site-options.ts';

const pollMs = 50;
/**
 * Longer than two signals that are one: a keeper takes a second within half a second for the same.
 */
const secondSignalAfterMs = 800;

interface DownOptions extends StateOptions {
  readonly now?: boolean;
  readonly why?: string;
}

export function registerDown(program: Command): void {
  const command = addSiteArgument(program.command('down'))
    .summary('stop the site, losing no request')
    .description(
      'Stops in order: workers finish their requests, then controller, instances, resources. ' +
        'Works while keeper and controller are dead. Data stays.',
    )
    .option('--now', 'wait for nothing: requests in flight are cut off')
    .option('--why <text>', 'why, for the journal')
    .action(async (dir: string | undefined, options: DownOptions) => {
      const folder = existingStateFolder(withSite(dir, options));
      const failed = await noteDownAsked(folder, person(), reasonOf(options));
      if (failed !== null) process.stderr.write(`This is not in the journal: ${failed}\n`);
      await down(folder, options.now ?? false);
    });
  addExamples(
    addStateOption(command),
    'turnout down',
    'turnout down --why "the machine moves"',
    'turnout down examples/campaign --now',
  );
}

async function down(folder: StateFolder, now: boolean): Promise<void> {
  const record = readJsonFile(folder.keeperRecord) as KeeperRecord | null;
  if (record !== null && isRunning(record)) {
    // Listening before it is told, so that nothing it says is missed.
    const printer = startProgressPrinter([processLog(folder, 'keeper')]);
    const isTold = signalProcess(record, 'SIGTERM');
    if (isTold) await followKeeper(record, now, printer);
    printer.stop();
    if (isTold) return;
  }
  const immediately = new AbortController();
  if (now) immediately.abort();
  process.once('SIGINT', () => immediately.abort());
  const printer = startProgressPrinter([]);
  await takeDownWithoutKeeper(folder, (text) => printer.say(text), immediately.signal);
  printer.stop();
}

async function followKeeper(
  keeper: KeeperRecord,
  now: boolean,
  printer: ProgressPrinter,
): Promise<void> {
  const hurry = setTimeout(() => {
    if (now) signalProcess(keeper, 'SIGTERM');
  }, secondSignalAfterMs);
  process.once('SIGINT', () => {
    printer.say('cutting it short');
    signalProcess(keeper, 'SIGTERM');
  });
  while (isRunning(keeper)) await new Promise((resolve) => setTimeout(resolve, pollMs));
  clearTimeout(hurry);
}
