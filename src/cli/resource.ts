import type { Command } from 'commander';
import { processLog } from '../contract/state-folder.ts';
import { addExamples } from './add-examples.ts';
import { askController } from './ask-controller.ts';
import { endWithReader } from './end-with-reader.ts';
import { withReason } from './person.ts';
import { startProgressPrinter } from './progress-printer.ts';
import { resourceNamed } from './resource/resource-named.ts';
import { renderResource } from './resource/render-resource.ts';
import { promoteResource } from './resource/promote-resource.ts';
import type { PromoteOptions } from './resource/promote-resource.ts';
import { addSiteOption, addStateOption, existingStateFolder } from './site-options.ts';
import type { StateOptions } from './site-options.ts';
import { readStatus } from './status.ts';

interface JsonOption extends StateOptions {
  readonly json?: boolean;
}

interface ReseedOptions extends JsonOption {
  readonly why?: string;
}

/** A large database takes hours to copy. */
const copyLimitMs = 24 * 3_600_000;

/** `turnout resource`: the databases that Turnout runs, and who of their servers is what. */
export function registerResource(program: Command): void {
  const group = program
    .command('resource')
    .summary('databases: their members, promote a replica, seed one afresh')
    .description(
      'A database that Turnout runs has a primary, which takes writes, and replicas. A server ' +
        'that dies is started again by itself; that a replica takes the place of a primary that ' +
        'does not come back is for a person to decide.',
    );
  registerResourceStatus(group);
  registerPromote(group);
  registerReseed(group);
  addExamples(group, 'turnout resource status', 'turnout resource promote donations');
}

function registerResourceStatus(group: Command): void {
  const command = group
    .command('status')
    .argument('[name]', 'one resource; without it, all')
    .summary('members with role, state and lag, and what losing the primary would cost')
    .option('--json', 'as JSON')
    .action(async (name: string | undefined, options: JsonOption) => {
      endWithReader();
      const { resources } = await readStatus(existingStateFolder(options));
      const shown = name === undefined ? resources : [resourceNamed(resources, name)];
      const text = options.json
        ? JSON.stringify(name === undefined ? shown : shown[0], null, 2)
        : shown.flatMap(renderResource).join('\n');
      process.stdout.write(`${text}\n`);
    });
  addExamples(
    withSiteOptions(command),
    'turnout resource status',
    "turnout resource status donations --json | jq '.members[].lagBytes'",
  );
}

function registerPromote(group: Command): void {
  const command = group
    .command('promote')
    .argument('<name>', 'the resource')
    .argument('[member]', 'who takes over (default: the replica that has received most)')
    .summary('let a replica take the place of the primary')
    .description(
      'Fences the primary first: it is stopped, and is never started as a primary again. Then ' +
        'says what may be lost, asks, and promotes. Answered with no, the primary stays what it ' +
        'was. The old primary becomes a replica again with `turnout resource reseed`.\n\n' +
        'While one that was chosen does not come up, name another member, which takes its ' +
        'place; or the old primary, which goes on where the one chosen has taken no write.',
    )
    .option('--yes', 'whatever it costs; nothing is asked')
    .option('--force', 'also where the primary is well')
    .option('--why <text>', 'why, for the journal')
    .option('--json', 'the outcome as JSON; needs --yes')
    .action(async (name: string, member: string | undefined, options: PromoteOptions) => {
      await promoteResource(existingStateFolder(options), name, member ?? null, options);
    });
  addExamples(
    withSiteOptions(command),
    'turnout resource promote donations',
    'turnout resource promote donations donations-2 --yes --json',
    'turnout resource promote donations --force --why "its disk is dying"',
  );
}

function registerReseed(group: Command): void {
  const command = group
    .command('reseed')
    .argument('<name>', 'the resource')
    .argument('<member>', 'a fenced or broken member, such as donations-1')
    .summary("make a member a replica anew, from a copy of the primary's data")
    .description(
      'The primary goes on working meanwhile. What data the member has are thrown away once the ' +
        'copy is whole. Interrupted, it is begun anew by itself.',
    )
    .option('--why <text>', 'why, for the journal')
    .option('--json', 'the outcome as JSON')
    .action(async (name: string, member: string, options: ReseedOptions) => {
      const folder = existingStateFolder(options);
      const printer = options.json
        ? null
        : startProgressPrinter([processLog(folder, 'controller')]);
      const query = withReason(new URLSearchParams({ member }), options);
      const path = `/api/resources/${encodeURIComponent(name)}/reseed?${query.toString()}`;
      const outcome = await askController(folder, 'POST', path, copyLimitMs);
      if (options.json) process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
      else printer?.say(`${member} follows the primary`);
      printer?.stop();
    });
  addExamples(
    withSiteOptions(command),
    'turnout resource reseed donations donations-1',
    'turnout resource reseed donations donations-1 --json',
  );
}

function withSiteOptions(command: Command): Command {
  return addStateOption(addSiteOption(command));
}
