import type { Command } from 'commander';
import type { StateFolder } from '../contract/state-folder.ts';
import type { TableChangeResult, TableSummary } from '../controller/tables/table-changes.ts';
import { formatNetwork, parseNetwork } from '../lib/address.ts';
import { TurnoutError } from '../lib/errors.ts';
import { addExamples } from './add-examples.ts';
import { askController } from './ask-controller.ts';
import { addSiteOption, addStateOption, existingStateFolder } from './site-options.ts';
import type { StateOptions } from './site-options.ts';
import { askWhy } from './tables/ask-why.ts';
import { type ApiChange, changeTable, entriesFor } from './tables/change-table.ts';
import {
  beforeWords,
  readEnd,
  renderColumns,
  renderEntries,
  untilWords,
} from './tables/describe-entries.ts';
import { readEntries } from './tables/read-entries.ts';

interface JsonOption extends StateOptions {
  readonly json?: boolean;
}

interface ChangeOptions extends JsonOption {
  readonly for?: string;
  readonly why?: string;
  readonly force?: boolean;
}

/** `turnout table`: the tables of edge.yaml, looked at and changed while the site runs. */
export function registerTable(program: Command): void {
  const group = program
    .command('table')
    .summary('the tables that rules look into: show and change them')
    .description(
      'Tables are declared in edge.yaml, which says what they hold from the start. What is ' +
        'changed here counts on every worker within a tenth of a second, goes before what stands ' +
        'there, and is in the journal with who and why.',
    );
  registerList(group);
  registerShow(group);
  registerSet(group);
  registerRemove(group);
  addExamples(
    group,
    'turnout table list',
    'turnout table set settings non_us_ban enabled --why "until the votes are counted"',
  );
}

function registerList(group: Command): void {
  const command = group
    .command('list')
    .summary('every table, its kind and how much it holds')
    .option('--json', 'as JSON')
    .action(async (options: JsonOption) => {
      const answer = await askController(existingStateFolder(options), 'GET', '/api/tables');
      const { tables } = answer as { readonly tables: readonly TableSummary[] };
      const rows = tables.map(({ name, kind, first, live }) => [
        name,
        kind ?? 'not declared',
        String(first),
        String(live),
      ]);
      const text = options.json
        ? JSON.stringify(tables, null, 2)
        : renderColumns(['TABLE', 'KIND', 'FROM THE START', 'LIVE'], rows);
      process.stdout.write(`${text}\n`);
    });
  addExamples(addStateOption(addSiteOption(command)), 'turnout table list --json');
}

function registerShow(group: Command): void {
  const command = group
    .command('show')
    .argument('<name>', 'the table')
    .argument('[key]', 'one entry; of a table of addresses, all that hold this one')
    .summary('what a table holds, since when, by whom and why')
    .option('--json', 'as JSON')
    .action(async (name: string, key: string | undefined, options: JsonOption) => {
      const folder = existingStateFolder(options);
      const { table, entries } =
        key === undefined
          ? await readEntries(folder, name)
          : { table: null, entries: await entriesFor(folder, encodeURIComponent(name), key) };
      const inFile = (table?.first ?? 0) - entries.filter((e) => e.from === 'edge.yaml').length;
      const more = inFile > 0 ? `\nand ${inFile} from the file that edge.yaml names` : '';
      const shown = entries.length === 0 ? 'Nothing is there.' : renderEntries('KEY', entries);
      const text = options.json ? JSON.stringify(entries, null, 2) : `${shown}${more}`;
      process.stdout.write(`${text}\n`);
    });
  addExamples(
    addStateOption(addSiteOption(command)),
    'turnout table show settings',
    'turnout table show wall 203.0.113.7 --json',
  );
}

function registerSet(group: Command): void {
  const command = group
    .command('set')
    .argument('<name>', 'the table')
    .argument('<key>', 'a word, or an address or network')
    .argument('[value]', 'what it stands for, in a map')
    .summary('add an entry to a table, or change one')
    .option('--for <duration>', 'such as 30m, 2h or 7d (default: for good)')
    .option('--why <text>', 'why, for the journal and whoever looks later')
    .option('--force', 'also in a table that edge.yaml does not declare yet')
    .option('--json', 'as JSON')
    .action(
      async (name: string, key: string, value: string | undefined, options: ChangeOptions) => {
        const until = readEnd(options.for, Date.now());
        await change(name, options, {
          put: key,
          ...(value !== undefined && { value }),
          ...(until !== null && { until }),
        });
      },
    );
  addExamples(
    addStateOption(addSiteOption(command)),
    'turnout table set settings non_us_ban enabled --for 12h --why "flood from abroad"',
    'turnout table set wall 203.0.113.0/24',
  );
}

function registerRemove(group: Command): void {
  const command = group
    .command('remove')
    .argument('<name>', 'the table')
    .argument('<key>', 'as `turnout table show` has it')
    .summary('take an entry out, also one that stands in edge.yaml')
    .option('--why <text>', 'why, for the journal')
    .option('--json', 'as JSON')
    .action((name: string, key: string, options: ChangeOptions) =>
      change(name, options, { remove: key }),
    );
  addExamples(
    addStateOption(addSiteOption(command)),
    'turnout table remove settings non_us_ban --why "they are counted"',
  );
}

async function change(name: string, options: ChangeOptions, wanted: ApiChange): Promise<void> {
  const folder = existingStateFolder(options);
  const why = await askWhy(options.why, options.json === true);
  const expect = await revisionOf(folder, name, wanted.put ?? wanted.remove ?? '');
  const terms = { why, force: options.force === true };
  const changes = [{ ...wanted, ...(expect !== null && { expect }) }];
  const [result] = await changeTable(folder, name, changes, terms);
  if (result === undefined) return;
  const text = options.json ? JSON.stringify(result, null, 2) : describe(name, result);
  process.stdout.write(`${text}\n`);
}

/** As it is now; null where the table is not known, which the change itself tells. */
async function revisionOf(folder: StateFolder, name: string, key: string): Promise<number | null> {
  try {
    const entries = await entriesFor(folder, encodeURIComponent(name), key);
    const parsed = parseNetwork(key);
    const canonical = parsed.kind === 'network' ? formatNetwork(parsed.network) : key;
    const entry = entries.find((one) => one.key === key || one.key === canonical);
    return entry?.revision ?? 0;
  } catch (error) {
    if (error instanceof TurnoutError && error.code === 'table-unknown') return null;
    throw error;
  }
}

function describe(name: string, result: TableChangeResult): string {
  const { key, outcome, after } = result;
  if (after === null) return `${name}: ${key} is taken out${beforeWords(result)}`;
  const value = after.value === null ? 'in' : JSON.stringify(after.value);
  const as = outcome === 'unchanged' ? ', as it was' : '';
  return `${name}: ${key} is ${value}${untilWords(after, Date.now())}${as}${beforeWords(result)}`;
}
