import type { Command } from 'commander';
import type { StateFolder } from '../contract/state-folder.ts';
import type { SiteStatus } from '../contract/status.ts';
import { TurnoutError } from '../lib/errors.ts';
import { statusWithoutController } from '../profiles/status-without-controller.ts';
import { addExamples } from './add-examples.ts';
import { askController } from './ask-controller.ts';
import { endWithReader } from './end-with-reader.ts';
import { renderStatus } from './render-status.ts';
import { addSiteArgument, addStateOption, existingStateFolder, withSite } from './site-options.ts';
import type { StateOptions } from './site-options.ts';

interface StatusOptions extends StateOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
}

const watchEveryMs = 1_000;

export function registerStatus(program: Command): void {
  const command = addSiteArgument(program.command('status'))
    .summary('how the site stands')
    .description(
      'Shows services with their instances, resources, frontends and processes, and what needs ' +
        'attention. While the controller is dead it says what the state folder knows.',
    )
    .option('--json', 'as JSON, the same as GET /api/status')
    .option('--watch', 'again each second, until Ctrl-C')
    .action(async (dir: string | undefined, options: StatusOptions) => {
      endWithReader();
      const folder = existingStateFolder(withSite(dir, options));
      do {
        const status = await readStatus(folder);
        const text = options.json
          ? JSON.stringify(status, null, 2)
          : renderStatus(status).join('\n');
        // Clears a terminal; a file gets one status after the other.
        const clear = options.watch && process.stdout.isTTY ? '\u001B[H\u001B[2J' : '';
        process.stdout.write(`${clear}${text}\n`);
        if (options.watch) await new Promise((resolve) => setTimeout(resolve, watchEveryMs));
      } while (options.watch);
    });
  addExamples(
    addStateOption(command),
    'turnout status',
    'turnout status examples/campaign --watch',
    "turnout status --json | jq '.services[].state'",
  );
}

/** From the controller, or from the state folder when it does not answer. */
export async function readStatus(folder: StateFolder): Promise<SiteStatus> {
  try {
    return (await askController(folder, 'GET', '/api/status')) as SiteStatus;
  } catch (error) {
    if (error instanceof TurnoutError && error.code === 'controller-unreachable') {
      return statusWithoutController(folder);
    }
    throw error;
  }
}
