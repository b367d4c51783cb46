import type { Command } from 'commander';
import { TurnoutError } from '../lib/errors.ts';
import { addExamples } from './add-examples.ts';
import { askController } from './ask-controller.ts';
import { addSiteOption, addStateOption, existingStateFolder } from './site-options.ts';
import type { StateOptions } from './site-options.ts';

interface PurgeOptions extends StateOptions {
  readonly prefix?: boolean;
  readonly key?: string;
  readonly all?: boolean;
  readonly soft?: boolean;
  readonly why?: string;
  readonly json?: boolean;
}

/** `turnout purge`: what the caches of all workers shall no longer answer with. */
export function registerPurge(program: Command): void {
  const command = program
    .command('purge')
    .argument('[address]', 'a path with its query, of every host; or a URL, of that host')
    .summary('take answers out of the cache')
    .description(
      'Takes answers of services out of the cache of every worker, within a tenth of a second. ' +
        'An address is meant with its query, exactly; --prefix means all that begin so. A key is ' +
        'what a service said in Surrogate-Key. What is being fetched at the moment is not kept.',
    )
    .option('--prefix', 'all addresses that begin so')
    .option('--key <key>', 'all answers that carry this surrogate key')
    .option('--all', 'all answers')
    .option('--soft', 'mark them as expired: used only while fetched anew, or where nobody answers')
    .option('--why <text>', 'why, for the journal')
    .option('--json', 'as JSON')
    .action(async (address: string | undefined, options: PurgeOptions) => {
      const query = queryOf(address, options);
      const path = `/api/purge?${query.toString()}`;
      const answer = await askController(existingStateFolder(options), 'POST', path);
      const what = options.all ? 'everything' : (options.key ?? address ?? '');
      const did = options.soft ? 'is marked as expired' : 'is purged';
      const text = options.json ? JSON.stringify(answer, null, 2) : `${what} ${did}`;
      process.stdout.write(`${text}\n`);
    });
  addExamples(
    addStateOption(addSiteOption(command)),
    'turnout purge /api/events',
    'turnout purge --prefix https://marlowe.example/api/events',
    'turnout purge --key event-42 --soft --why "the hall has changed"',
  );
}

function queryOf(address: string | undefined, options: PurgeOptions): URLSearchParams {
  const { prefix, key, all, soft, why } = options;
  const ways = [address, key, all].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    throw new TurnoutError(
      'purge-unclear',
      ways.length === 0 ? 'It is not said what to purge.' : 'It is said twice what to purge.',
      'Name one: an address, --key KEY, or --all.',
    );
  }
  if (prefix && address === undefined) {
    throw new TurnoutError(
      'purge-unclear',
      '--prefix says how an address is meant, and none is named.',
      'Name the beginning of the addresses, or leave --prefix out.',
    );
  }
  const query = new URLSearchParams();
  if (address !== undefined) addAddress(query, address);
  if (key !== undefined) query.set('key', key);
  if (all) query.set('all', '');
  if (prefix) query.set('prefix', '');
  if (soft) query.set('soft', '');
  if (why !== undefined) query.set('why', why);
  return query;
}

function addAddress(query: URLSearchParams, address: string): void {
  const isPath = address.startsWith('/');
  const base = isPath ? 'http://site' : undefined;
  if (!URL.canParse(address, base)) {
    throw new TurnoutError(
      'purge-unclear',
      `${JSON.stringify(address)} is no address.`,
      'Begin with / or with https://.',
    );
  }
  const { pathname, search, host } = new URL(address, base);
  query.set('path', pathname + search);
  if (!isPath) query.set('host', host);
}
