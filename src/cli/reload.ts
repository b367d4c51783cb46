import type { Command } from 'commander';
import { processLog } from '../contract/state-folder.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import type { ServiceStatus, SiteStatus, StatusNote } from '../contract/status.ts';
import { addExamples } from './add-examples.ts';
import { askController } from './ask-controller.ts';
import { sayNote } from './note-text.ts';
import { withReason } from './person.ts';
import { startProgressPrinter } from './progress-printer.ts';
import { addSiteArgument, addStateOption, existingStateFolder, withSite } from './site-options.ts';
import type { StateOptions } from './site-options.ts';

/** The controller answers once everything is built, and a build may take ten minutes. */
const buildLimitMs = 15 * 60_000;
const pollMs = 100;

interface ReloadOptions extends StateOptions {
  readonly why?: string;
  readonly json?: boolean;
}

export function registerReload(program: Command): void {
  const command = addSiteArgument(program.command('reload'))
    .summary('read manifests and sources again and roll in what changed')
    .description(
      'Builds what changed and rolls it in without failing a request; returns once it serves. ' +
        'What is refused or fails changes nothing, and the command exits 1. A site that is up ' +
        'with --watch does this by itself.',
    )
    .option('--why <text>', 'why, for the journal')
    .option('--json', 'as JSON, without progress')
    .action(async (dir: string | undefined, options: ReloadOptions) => {
      const folder = existingStateFolder(withSite(dir, options));
      const query = withReason(new URLSearchParams(), options);
      const printer = options.json
        ? null
        : startProgressPrinter([processLog(folder, 'controller')]);
      await askController(folder, 'POST', `/api/reload?${query.toString()}`, buildLimitMs);
      const { model, notes } = await rolledIn(folder);
      const alerts = notes.filter(({ severity }) => severity === 'alert');
      if (alerts.length > 0) process.exitCode = 1;
      else printer?.say('what the manifests say is in force');
      printer?.stop();
      if (printer !== null) for (const note of notes) sayNote(note, printer);
      if (options.json) process.stdout.write(`${JSON.stringify({ model, notes }, null, 2)}\n`);
    });
  addExamples(
    addStateOption(command),
    'turnout reload',
    'git pull && turnout reload --why "the new donate page"',
    'turnout reload --json',
  );
}

interface RolledIn {
  /** Digest of the manifests in force. */
  readonly model: string;
  readonly notes: readonly StatusNote[];
}

/** Waits until each service runs what it shall or has given up; returns what is to be said then. */
async function rolledIn(folder: StateFolder): Promise<RolledIn> {
  for (;;) {
    const status = (await askController(folder, 'GET', '/api/status')) as SiteStatus;
    const alerts = status.notes.filter(({ severity }) => severity === 'alert');
    const given = new Set(alerts.map(({ about }) => about));
    if (status.services.every((service) => isDone(service) || given.has(service.service))) {
      // Of the rest, what a reload cannot do belongs to its answer.
      const belongs = (note: StatusNote): boolean =>
        alerts.includes(note) || note.code === 'listen-waits';
      return { model: status.model, notes: status.notes.filter(belongs) };
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function isDone({ kind, state, release, instances }: ServiceStatus): boolean {
  if (kind === 'at') return true;
  const current = instances.every(
    (instance) => instance.release === release && instance.state === 'ready',
  );
  return current && (state === 'up' || state === 'degraded');
}
