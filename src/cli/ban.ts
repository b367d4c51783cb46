import type { Command } from 'commander';
import { BANS_TABLE } from '../contract/tables.ts';
import type { TableChangeResult } from '../controller/tables/table-changes.ts';
import { TurnoutError } from '../lib/errors.ts';
import { addExamples } from './add-examples.ts';
import { addSiteOption, addStateOption, existingStateFolder } from './site-options.ts';
import type { StateOptions } from './site-options.ts';
import { askWhy } from './tables/ask-why.ts';
import {
  type ApiChange,
  changeInChunks,
  changeTable,
  currentEntry,
  entriesFor,
} from './tables/change-table.ts';
import { beforeWords, readEnd, renderEntries, untilWords } from './tables/describe-entries.ts';
import { readEntries } from './tables/read-entries.ts';
import { canonical, readNetworks } from './tables/read-networks.ts';

interface BanOptions extends StateOptions {
  readonly for?: string;
  readonly why?: string;
  readonly file?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** So many are looked at one by one before, and told of one by one. */
const FEW = 20;

/** `turnout ban`, `unban` and `bans`: who is turned away at the edge. */
export function registerBan(program: Command): void {
  const command = program
    .command('ban')
    .argument('[networks...]', 'addresses or networks: 203.0.113.7, 203.0.113.0/24, 2001:db8::/32')
    .summary('turn clients away by their address')
    .description(
      'Turns away whoever comes from these addresses, on every worker within a tenth of a ' +
        'second, for a while or for good. All are checked before any is banned. How they are ' +
        'answered, edge.yaml says (`bans:`); else it is 403. Connections that are upgraded already go on.',
    )
    .option('--for <duration>', 'such as 30m, 2h or 7d (default: for good)')
    .option('--why <text>', 'why, for the journal and whoever looks later')
    .option('--file <file>', 'one address or network a line; - is standard input')
    .option('--force', 'also what hits a great part of the internet, this machine or trusted hops')
    .option('--json', 'as JSON')
    .action(ban);
  addExamples(
    addStateOption(addSiteOption(command)),
    'turnout ban 203.0.113.0/24 --for 2h --why "card testing"',
    'turnout ban 198.51.100.7 2001:db8:1::/48',
    'turnout ban --file wall.txt --why "from the list of last year"',
  );
}

export function registerUnban(program: Command): void {
  const command = program
    .command('unban')
    .argument('<networks...>', 'as `turnout bans` shows them')
    .summary('let them in again')
    .description(
      'Takes bans away, whether they were made by `turnout ban` or stand in edge.yaml or its file. ' +
        'An address that a wider ban holds comes in again only when that one is taken away.',
    )
    .option('--why <text>', 'why, for the journal')
    .option('--json', 'as JSON')
    .action(async (words: readonly string[], options: BanOptions) => {
      const folder = existingStateFolder(options);
      const keys = await readNetworks(words, undefined);
      const changes = keys.map((key) => ({ remove: key }));
      const terms = { why: options.why ?? null, force: false };
      const results = await changeTable(folder, BANS_TABLE, changes, terms);
      print(options, results, (result) => `${result.key} is let in${beforeWords(result)}`);
    });
  addExamples(
    addStateOption(addSiteOption(command)),
    'turnout unban 203.0.113.0/24 --why "it was a school"',
  );
}

interface BansOptions extends StateOptions {
  readonly for?: string;
  readonly json?: boolean;
}

export function registerBans(program: Command): void {
  const command = program
    .command('bans')
    .summary('who is banned, until when, by whom and why')
    .option('--for <address>', 'only those that hold this address')
    .option('--json', 'as JSON')
    .action(async (options: BansOptions) => {
      const folder = existingStateFolder(options);
      const address = options.for === undefined ? null : canonical(options.for);
      const { table, entries } =
        address === null
          ? await readEntries(folder, BANS_TABLE)
          : { table: null, entries: await entriesFor(folder, BANS_TABLE, address) };
      if (options.json) {
        process.stdout.write(`${JSON.stringify(entries, null, 2)}\n`);
        return;
      }
      const none = address === null ? 'Nobody is banned.' : `No ban holds ${address}.`;
      const inFile = (table?.first ?? 0) - entries.filter((e) => e.from === 'edge.yaml').length;
      const more = inFile > 0 ? `\nand ${inFile} from the file that edge.yaml names` : '';
      const text = entries.length === 0 && more === '' ? none : renderEntries('NETWORK', entries);
      process.stdout.write(`${text}${more}\n`);
    });
  addExamples(
    addStateOption(addSiteOption(command)),
    'turnout bans',
    'turnout bans --for 203.0.113.7',
    "turnout bans --json | jq -r '.[].key'",
  );
}

async function ban(words: readonly string[], options: BanOptions): Promise<void> {
  const folder = existingStateFolder(options);
  const nowMs = Date.now();
  const until = readEnd(options.for, nowMs);
  const keys = await readNetworks(words, options.file);
  if (keys.length === 0) {
    throw new TurnoutError(
      'nobody-to-ban',
      'It is not said who is to be banned.',
      'Name addresses or networks, or a --file with some.',
    );
  }
  const why = await askWhy(options.why, options.json === true || options.file === '-');
  const terms = { why, force: options.force === true };
  const isFew = keys.length <= FEW;
  const changes: ApiChange[] = [];
  for (const key of keys) {
    // What is there is shown afterwards; who changed it in between is not overwritten.
    const expect = isFew ? ((await currentEntry(folder, BANS_TABLE, key))?.revision ?? 0) : null;
    changes.push({ put: key, ...(until && { until }), ...(expect !== null && { expect }) });
  }
  const results = isFew
    ? await changeTable(folder, BANS_TABLE, changes, terms)
    : await changeInChunks(folder, BANS_TABLE, changes, terms, (done) => {
        process.stderr.write(`  ${done} of ${changes.length}\n`);
      });
  print(options, results, (result) => {
    const until = result.after === null ? '' : untilWords(result.after, nowMs);
    return `${result.key} is banned${until}${beforeWords(result)}`;
  });
}

function print(
  { json }: BanOptions,
  results: readonly TableChangeResult[],
  line: (result: TableChangeResult) => string,
): void {
  if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else if (results.length <= FEW) {
    for (const result of results) process.stdout.write(`${line(result)}\n`);
  } else {
    const count = (outcome: TableChangeResult['outcome']): number =>
      results.filter((result) => result.outcome === outcome).length;
    process.stdout.write(
      `${results.length} are banned: ${count('added')} new, ${count('changed')} changed, ` +
        `${count('unchanged')} as they were\n`,
    );
  }
}
