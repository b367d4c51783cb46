import type { Command } from 'commander';
import type { FlagChangeResult, FlagStatus } from '../contract/flag-status.ts';
import { TurnoutError } from '../lib/errors.ts';
import type { JsonValue } from '../lib/json.ts';
import { nearestName } from '../lib/nearest-name.ts';
import { openFlagsByHand, type SiteFlagsByHand } from '../profiles/flags-by-hand.ts';
import { addExamples } from './add-examples.ts';
import { endWithReader } from './end-with-reader.ts';
import { checkFlags, type CheckFlagsOptions } from './flags/check-flags.ts';
import { flagsHistory, renderHistory } from './flags/flags-history.ts';
import { changeWords, renderFlag, renderFlags } from './flags/render-flags.ts';
import { person, reasonOf } from './person.ts';
import {
  addEnvironmentOption,
  addSiteOption,
  addStateOption,
  existingStateFolder,
} from './site-options.ts';
import type { StateOptions } from './site-options.ts';
import { askWhy } from './tables/ask-why.ts';
import { readEnd } from './tables/describe-entries.ts';

interface FlagsOptions extends StateOptions {
  readonly json?: boolean;
  readonly why?: string;
}

interface SetOptions extends FlagsOptions {
  readonly for?: string;
  readonly value?: boolean;
}

/** `turnout flags`: what is switched and set, and by whom; set by hand over what is written. */
export function registerFlags(program: Command): void {
  const group = withOptions(program.command('flags'))
    .summary('switches of features and settings: show, set by hand, history')
    .description(
      'Every feature has a switch named `service.feature`, on by default; flags.yaml has more, and ' +
        'is in force as soon as it is saved. What is set here holds over the file until its end, ' +
        'on every worker within a tenth of a second, and never changes the file. It needs no ' +
        'controller.',
    )
    .action(async (options: FlagsOptions) => {
      endWithReader();
      const shown = await withFlags(options, (flags) => flags.list());
      print(options, shown, renderFlags(shown));
    });
  registerShow(group);
  registerSet(group);
  registerUnset(group);
  registerHistory(group);
  registerCheckFile(group);
  addExamples(
    group,
    'turnout flags',
    'turnout flags set donations.leaderboard closed --for 2h --why "the database is hot"',
    'turnout flags unset donations.leaderboard --why "it is well again"',
    'turnout flags history donations.leaderboard',
  );
}

function registerShow(group: Command): void {
  const command = withOptions(group.command('show'))
    .argument('<name>', 'the name of a flag')
    .summary('all about one flag, and what it can be')
    .action(async (name: string, _own: FlagsOptions, command: Command) => {
      const options = command.optsWithGlobals<FlagsOptions>();
      const flag = named(await withFlags(options, (flags) => flags.list()), name);
      print(options, flag, renderFlag(flag));
    });
  addExamples(command, 'turnout flags show donations.leaderboard');
}

function registerSet(group: Command): void {
  const command = withOptions(group.command('set'), true)
    .argument('<name>', 'the name of a flag; a switch is named service.feature')
    .argument('<value>', 'a variant; for a switch also on, closed, "slow 200ms", or a rung')
    .summary('set a flag by hand, until its end or for good')
    .option('--for <duration>', 'how long it holds, such as 2h; without it until it is unset')
    .option('--value', 'VALUE is a value itself, and not the name of a variant')
    .action(async (name: string, value: string, _own: SetOptions, command: Command) => {
      const options = command.optsWithGlobals<SetOptions>();
      const nowMs = Date.now();
      const expiresMs = readEnd(options.for, nowMs);
      const why = await askWhy(reasonOf(options) ?? undefined, options.json === true);
      const isValue = options.value === true;
      const request = { name, value, isValue, expiresMs, who: person(), why };
      const result = await withFlags(options, (flags) => flags.set(request));
      printChange(options, result, nowMs);
    });
  addExamples(
    command,
    'turnout flags set donations.totals closed --for 2h --why "the database is hot"',
    'turnout flags set donations.totals "slow 200ms" --for 30m',
    'turnout flags set goal-cents 80000000 --why "the goal is met"',
    'turnout flags set banner "Polls are open" --value',
  );
}

function registerUnset(group: Command): void {
  const command = withOptions(group.command('unset'), true)
    .argument('<name>', 'the name of a flag that is set by hand')
    .summary('take back what was set by hand: what is written holds again')
    .action(async (name: string, _own: FlagsOptions, command: Command) => {
      const options = command.optsWithGlobals<FlagsOptions>();
      const why = reasonOf(options);
      const request = { name, who: person(), why };
      const result = await withFlags(options, (flags) => flags.unset(request));
      printChange(options, result, Date.now());
    });
  addExamples(command, 'turnout flags unset donations.totals --why "it is well again"');
}

function registerHistory(group: Command): void {
  const command = withOptions(group.command('history'))
    .argument('[name]', 'one flag; without it, all')
    .summary('what changed, when, by whom and why')
    .option('--limit <count>', 'at most so many entries', '50')
    .action(async (name: string | undefined, _own: FlagsOptions, command: Command) => {
      endWithReader();
      const options = command.optsWithGlobals<FlagsOptions & { readonly limit: string }>();
      const about = name ?? null;
      const limit = readLimit(options.limit);
      const entries = await withFlags(options, ({ journal }) => {
        return flagsHistory(journal, about, limit);
      });
      const none = about === null ? 'No flag was ever changed.' : `${about} was never changed.`;
      const text = entries.length === 0 ? none : renderHistory(entries, about);
      print(options, entries as unknown as JsonValue, text);
    });
  addExamples(command, 'turnout flags history', 'turnout flags history donations.totals --json');
}

function registerCheckFile(group: Command): void {
  const command = addEnvironmentOption(withOptions(group.command('check')))
    .argument('<file>', 'a flags file, before it is put in place')
    .summary('whether a flags file would be taken, and what is wrong with it')
    .action(async (file: string, _own: CheckFlagsOptions, command: Command) => {
      process.exitCode = await checkFlags(file, command.optsWithGlobals<CheckFlagsOptions>());
    });
  addExamples(
    command,
    'turnout flags check flags.yaml',
    'turnout flags check /tmp/new.yaml --json',
  );
}

function withOptions(command: Command, takesWhy = false): Command {
  if (takesWhy) command.option('--why <text>', 'why, for the journal and for whoever looks');
  return addStateOption(addSiteOption(command)).option('--json', 'as JSON');
}

async function withFlags<Result>(
  options: StateOptions,
  work: (flags: SiteFlagsByHand) => Promise<Result>,
): Promise<Result> {
  const flags = await openFlagsByHand(existingStateFolder(options));
  try {
    return await work(flags);
  } finally {
    await flags.close();
  }
}

function named(flags: readonly FlagStatus[], name: string): FlagStatus {
  const flag = flags.find((each) => each.name === name);
  if (flag !== undefined) return flag;
  const near = nearestName(
    name,
    flags.map((each) => each.name),
  );
  throw new TurnoutError(
    'flag-unknown',
    `The site has no flag ${JSON.stringify(name)}.${near === null ? '' : ` Did you mean ${near}?`}`,
    '`turnout flags` lists them.',
  );
}

function readLimit(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new TurnoutError(
    'option-invalid',
    `--limit ${JSON.stringify(text)} is no number from 1 to 9999.`,
    'Write one such as --limit 50.',
  );
}

function printChange(options: FlagsOptions, result: FlagChangeResult, nowMs: number): void {
  print(options, result, changeWords(result.before, result.after, nowMs));
}

function print({ json }: FlagsOptions, value: JsonValue, text: string): void {
  process.stdout.write(json === true ? `${JSON.stringify(value, null, 2)}\n` : `${text}\n`);
}
