import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { StateFolder } from '../contract/state-folder.ts';
import { parseDuration } from '../lib/duration.ts';
import { TurnoutError } from '../lib/errors.ts';
import { addExamples } from './add-examples.ts';
import { endWithReader } from './end-with-reader.ts';
import { FileTail } from './logs/file-tail.ts';
import { readableText } from './logs/log-line.ts';
import { mergeLogs, readLog } from './logs/read-log.ts';
import type { LogSource } from './logs/read-log.ts';
import { addSiteOption, addStateOption, existingStateFolder } from './site-options.ts';
import type { StateOptions } from './site-options.ts';

interface LogsOptions extends StateOptions {
  readonly follow?: boolean;
  readonly since?: string;
  readonly lines?: string;
  readonly instance?: string;
  readonly process?: string;
  readonly raw?: boolean;
}

const defaultLines = 200;
const followEveryMs = 200;

export function registerLogs(program: Command): void {
  const command = addSiteOption(program.command('logs'))
    .argument('[service]', 'only the instances of this service')
    .summary('what instances and our own processes wrote')
    .description(
      'Prints the logs of instances, merged by time, older pieces included. ' +
        'Nothing need be running.',
    )
    .option('-f, --follow', 'go on with what is written from now on, until Ctrl-C')
    .option('--since <duration>', 'everything written in this time, such as 10m')
    .option('-n, --lines <count>', `the last so many lines (default: ${defaultLines})`)
    .option('--instance <id>', 'only this instance; `turnout status` names them')
    .option('--process <id>', 'in place of instances: keeper, controller, worker-1, … or all')
    .option('--raw', 'the lines as they were written, with nothing in front')
    .action(async (service: string | undefined, options: LogsOptions) => {
      endWithReader();
      const folder = existingStateFolder(options);
      await printLogs(() => findSources(folder, service, options), service ?? null, options);
    });
  addExamples(
    addStateOption(command),
    'turnout logs donations --follow',
    'turnout logs --site examples/campaign --since 10m',
    'turnout logs --process controller --lines 50',
  );
}

async function printLogs(
  find: () => readonly LogSource[],
  service: string | null,
  options: LogsOptions,
): Promise<void> {
  const sources = find();
  if (sources.length === 0 && !options.follow) {
    throw new TurnoutError(
      'log-not-found',
      `There is no log of ${options.process ?? options.instance ?? service ?? 'any instance'} here.`,
      'See `turnout status` for services, instances and processes.',
    );
  }
  const sinceMs = options.since === undefined ? null : Date.now() - duration(options.since);
  const known = new Map(sources.map((source) => [source.name, tailFromEnd(source)]));
  const past = mergeLogs(
    [...known.values()].map(({ source, fromBytes }) => readLog(source, sinceMs, fromBytes)),
  );
  const limit = lineLimit(options);
  const last: string[] = [];
  for await (const line of past) {
    const text = format(line.source, line.text, options);
    if (limit === null) process.stdout.write(text);
    else if (last.push(text) > limit) last.shift();
  }
  process.stdout.write(last.join(''));
  if (options.follow) await follow(find, known, options);
}

interface Followed {
  readonly source: LogSource;
  readonly fromBytes: number;
  readonly tail: FileTail;
}

/** New instances appear while we follow: their logs are followed from the first line. */
async function follow(
  find: () => readonly LogSource[],
  known: Map<string, Followed>,
  options: LogsOptions,
): Promise<never> {
  for (;;) {
    for (const source of find()) {
      if (known.has(source.name)) continue;
      known.set(source.name, { source, fromBytes: 0, tail: new FileTail(source.file, 0) });
    }
    for (const { source, tail } of known.values()) {
      for (const line of tail.read()) process.stdout.write(format(source.name, line, options));
    }
    await new Promise((resolve) => setTimeout(resolve, followEveryMs));
  }
}

function tailFromEnd(source: LogSource): Followed {
  const fromBytes = statSync(source.file, { throwIfNoEntry: false })?.size ?? 0;
  return { source, fromBytes, tail: new FileTail(source.file, fromBytes) };
}

function findSources(
  folder: StateFolder,
  service: string | undefined,
  { instance, process: wanted }: LogsOptions,
): readonly LogSource[] {
  if (wanted !== undefined) {
    return logsIn(folder.logs).filter(({ name }) => wanted === 'all' || name === wanted);
  }
  return foldersIn(folder.instanceLogs)
    .filter((name) => service === undefined || name === service)
    .flatMap((name) => logsIn(join(folder.instanceLogs, name)))
    .filter(({ name }) => instance === undefined || name === instance);
}

function logsIn(folder: string): readonly LogSource[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => ({ name: name.slice(0, -'.log'.length), file: join(folder, name) }));
}

function foldersIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

function format(source: string, text: string, { raw }: LogsOptions): string {
  return raw ? `${text}\n` : `${source} | ${readableText(text)}\n`;
}

function lineLimit({ lines, since }: LogsOptions): number | null {
  if (lines === undefined) return since === undefined ? defaultLines : null;
  if (/^\d{1,7}$/.test(lines)) return Number(lines);
  throw new TurnoutError(
    'option-invalid',
    `--lines takes a whole number, not ${lines}.`,
    'For example: --lines 50',
  );
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw new TurnoutError(
    'option-invalid',
    `--since takes a duration, not ${text}.`,
    'For example: --since 10m, --since 1h30m',
  );
}
