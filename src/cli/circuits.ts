import type { Command } from 'commander';
import { readSiteCircuits } from '../profiles/read-circuits.ts';
import { addExamples } from './add-examples.ts';
import { askController } from './ask-controller.ts';
import { renderCircuits } from './circuits/render-circuits.ts';
import { addSiteOption, addStateOption, existingStateFolder } from './site-options.ts';
import type { StateOptions } from './site-options.ts';
import { askWhy } from './tables/ask-why.ts';

interface CircuitOptions extends StateOptions {
  readonly why?: string;
  readonly json?: boolean;
}

/** `turnout circuits`: the breakers in front of services and features, and holding them by hand. */
export function registerCircuits(program: Command): void {
  const circuits = program
    .command('circuits')
    .summary('which services and features are not asked, because too much failed');
  registerList(circuits);
  registerHold(circuits, 'open', 'open', 'ask a service or feature no more, until told otherwise');
  registerHold(circuits, 'close', 'closed', 'ask it whatever fails, until told otherwise');
  registerHold(circuits, 'auto', 'auto', 'let it judge by itself again');
  addExamples(
    circuits,
    'turnout circuits',
    'turnout circuits open partners.polling-places --why "they asked us to"',
    'turnout circuits auto partners.polling-places',
  );
}

function registerList(circuits: Command): void {
  const command = addSiteOption(circuits.command('list', { isDefault: true }))
    .summary('how they stand, and why')
    .description(
      'Lists the circuit of each service (is it reached at all?) and of the reads and writes of ' +
        'each feature (what came of them?) in all workers together, some seconds old: calls of ' +
        'the last ten seconds, how many of them were bad, how often it opened and what it ' +
        'refused since the workers started. Then limits of the whole site with the shares that ' +
        'workers have, and instances that get little or nothing. Needs no controller.',
    )
    .option('--json', 'print one JSON object, worker by worker')
    .action(async (options: CircuitOptions) => {
      const status = await readSiteCircuits(existingStateFolder(options));
      const text = options.json
        ? JSON.stringify(status, null, 2)
        : renderCircuits(status, Date.now()).join('\n');
      process.stdout.write(`${text}\n`);
    });
  addExamples(
    addStateOption(command),
    'turnout circuits',
    'turnout circuits list --json | jq \'.workers[].circuits[] | select(.state != "closed")\'',
  );
}

const did = {
  open: 'is held open: nothing is asked',
  closed: 'is held closed: all is asked',
  auto: 'judges by itself again',
} as const;

function registerHold(
  circuits: Command,
  verb: string,
  to: keyof typeof did,
  summary: string,
): void {
  const command = addSiteOption(circuits.command(verb))
    .argument('<circuit>', 'a service, a feature as service.feature, or its /reads or /writes')
    .summary(summary)
    .option('--why <text>', 'why, for the journal and whoever looks later')
    .option('--json', 'as JSON')
    .action(async (circuit: string, options: CircuitOptions) => {
      const folder = existingStateFolder(options);
      const why = await askWhy(options.why, options.json === true);
      const query = new URLSearchParams({ circuit, to, ...(why !== null && { why }) });
      const answer = await askController(folder, 'POST', `/api/circuits?${query.toString()}`);
      const text = options.json ? JSON.stringify(answer, null, 2) : `${circuit} ${did[to]}`;
      process.stdout.write(`${text}\n`);
    });
  addExamples(
    addStateOption(command),
    `turnout circuits ${verb} donations --why "rehearsing"`,
    `turnout circuits ${verb} donations.donate/writes`,
  );
}
